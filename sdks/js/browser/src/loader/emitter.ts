// Events by name: on, once, off.

type Handler = (event?: any) => unknown;

export class Emitter {
  private handlers = new Map<string, { handler: Handler; once: boolean }[]>();

  on(event: string, handler: Handler): this {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), { handler, once: false }]);
    return this;
  }

  addEventListener(event: string, handler: Handler): this {
    return this.on(event, handler);
  }

  once(event: string, handler: Handler): this {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), { handler, once: true }]);
    return this;
  }

  off(event: string, handler?: Handler): this {
    this.handlers.set(event, handler ? (this.handlers.get(event) ?? []).filter((one) => one.handler !== handler) : []);
    return this;
  }

  removeEventListener(event: string, handler?: Handler): this {
    return this.off(event, handler);
  }

  protected emit(event: string, payload: unknown): void {
    for (const one of this.handlers.get(event) ?? []) {
      if (one.once) this.off(event, one.handler);
      one.handler(payload);
    }
  }
}

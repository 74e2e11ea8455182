// A frame of the vault's origin in the merchant's page. It is believed only when it comes from that origin, from that very
// window, with the nonce that its address was given; from then on everything goes through the port that it sends.

import * as contract from '../data/contract.json';
import { IN, OUT, known, type Birth, type Json } from '../shared/wire';
import { must } from './errors';
import { settings } from './settings';

const PATIENCE_MS = 20_000;

export function random(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, '0')).join('');
}

export interface Listener {
  heard(message: Json): void;
  failed(sentence: string): void;
}

export class Frame {
  readonly id: string;
  readonly element = document.createElement('iframe');
  private readonly nonce = random();
  private port: MessagePort | null = null;
  private waiting: Json[] = [];
  private timer = 0;
  private readonly ready = (event: MessageEvent): void => this.arrived(event);

  constructor(page: string, birth: Omit<Birth, 'id' | 'parentOrigin' | 'nonce'>, title: string, private readonly listener: Listener,
    id = random()) {
    this.id = id;
    const told: Birth = { ...birth, id: this.id, parentOrigin: location.origin, nonce: this.nonce };
    const { element } = this;
    element.name = contract.frame_name + this.id;
    element.title = title;
    element.allow = contract.frame_allow;
    element.setAttribute('allowtransparency', 'true');
    element.setAttribute('scrolling', 'no');
    element.style.cssText = 'border:0;margin:0;padding:0;display:block;width:100%;min-width:100%;overflow:hidden;color-scheme:light';
    element.src = `${settings.base}/v3/${page}.html#${encodeURIComponent(JSON.stringify(told))}`;
  }

  /** Put it into the page and begin to wait for it. */
  open(parent: Element): void {
    window.addEventListener('message', this.ready);
    this.timer = window.setTimeout(() => this.listener.failed(location.origin === 'null'
      ? 'This page has no origin: open it from a web server, not from a file.'
      : `The card frames at ${settings.base} did not answer. Is the vault running, and may this page frame it?`), PATIENCE_MS);
    parent.appendChild(this.element);
  }

  close(): void {
    window.removeEventListener('message', this.ready);
    window.clearTimeout(this.timer);
    this.port?.close();
    this.port = null;
    this.element.remove();
  }

  /** Sent at once, or as soon as the frame is there. */
  send(message: Json): void {
    must(known(message, IN), 'What is passed on to the card frames is larger than 64 KiB, or has itself in it. Pass less.');
    if (this.port) this.port.postMessage(message);
    else this.waiting.push(message);
  }

  private arrived(event: MessageEvent): void {
    if (this.port || !event.isTrusted || event.origin !== settings.base || event.source !== this.element.contentWindow) return;
    const message = known(event.data, OUT);
    const port = event.ports[0];
    if (!message || message.type !== 'ready' || message.nonce !== this.nonce || message.id !== this.id || !port) return;
    window.removeEventListener('message', this.ready);
    window.clearTimeout(this.timer);
    this.port = port;
    port.onmessage = ({ data }) => {
      const heard = known(data, OUT);
      if (heard) this.listener.heard(heard);
    };
    for (const one of this.waiting.splice(0)) port.postMessage(one);
  }
}

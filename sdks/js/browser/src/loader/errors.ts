// Misuse by the page's own code is thrown, at once, with a sentence that says what to do.

export class IntegrationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'IntegrationError';
  }
}

export function must(fine: unknown, message: string): asserts fine {
  if (!fine) throw new IntegrationError(message);
}

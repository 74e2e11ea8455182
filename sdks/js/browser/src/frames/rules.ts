// The rules of card fields and what typing into them does are the hosted page's own, one source for both.

import '../../../../../static/checkout/card.js';
import '../../../../../static/checkout/typing.js';

export interface Brand {
  code: string;
  name: string;
  lengths: number[];
  cvc: number;
}

interface Rules {
  brand(number: string): Brand | null;
  checkNumber(number: string): string | null;
  checkExpiry(text: string, today: Date): string | null;
  checkCvc(cvc: string, number: string): string | null;
  cvcLength(number: string): number;
  digits(text: string): string;
  luhn(number: string): boolean;
  parseExpiry(text: string): { month: number; year: number } | null;
}

interface Typing {
  number(input: HTMLInputElement): void;
  expiry(input: HTMLInputElement): void;
  cvc(input: HTMLInputElement, known: () => string): void;
}

const shared = globalThis as unknown as { FarthingCard: Rules; FarthingTyping: Typing };
export const Card = shared.FarthingCard;
export const typing = shared.FarthingTyping;

// The bank's check, over the merchant's page: a frame of ours that holds the bank's. What it says is only that it is over;
// how it ended, the server asks the bank.

import * as contract from '../data/contract.json';
import type { Controller } from './controller';
import { Frame } from './frame';

const OVER = 'position:fixed!important;inset:0!important;width:100%!important;height:100%!important;border:0!important;margin:0!important;z-index:2147483647!important;color-scheme:light';

/** Resolves with what the shopper did: finished it, or closed it. */
export function challenge(controller: Controller, id: string): Promise<'finished' | 'closed'> {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const { overflow } = document.body.style;
    const end = (outcome: 'finished' | 'closed'): void => {
      frame.close();
      document.removeEventListener('focusin', keep, true);
      document.removeEventListener('keydown', key, true);
      document.body.style.overflow = overflow;
      if (before instanceof HTMLElement) before.focus();
      resolve(outcome);
    };
    const frame = new Frame('challenge', { group: controller.group, type: 'challenge', key: controller.key, controller: controller.id },
      contract.challenge.title, {
        heard: (message) => {
          if (message.type === 'ready') frame.send({ type: 'focus' });
          if (message.type === 'escape') end('closed');
          if (message.type === 'result') end(message.outcome === 'finished' ? 'finished' : 'closed');
        },
        failed: () => end('closed'),
      });
    // The focus stays in it, as in any dialog.
    const keep = (event: Event): void => { if (event.target !== frame.element) frame.element.focus(); };
    const key = (event: KeyboardEvent): void => { if (event.key === 'Escape') end('closed'); };
    frame.element.style.cssText = OVER;
    frame.element.setAttribute('role', 'dialog');
    frame.element.setAttribute('aria-modal', 'true');
    frame.send({ type: 'init', options: { challenge: id }, appearance: null });
    document.body.style.overflow = 'hidden';
    document.addEventListener('focusin', keep, true);
    document.addEventListener('keydown', key, true);
    frame.open(document.body);
    frame.element.focus();
  });
}

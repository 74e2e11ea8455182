// The bank's check inside our own frame. The bank's page stands in a frame that may not navigate what is around it; that it
// is over, only our own return page may say, for this very check.

import * as contract from '../data/contract.json';
import { make } from './dom';
import { connect, place, type Host } from './port';

const { frame: name, frame_id: id, sandbox } = contract.challenge;

function show(host: Host, challenge: string): void {
  const close = make('button', { type: 'button', class: 'close', 'aria-label': 'Close' }, '×');
  const frame = make('iframe', { name, id, sandbox, title: 'Confirm with your bank', src: `${place.pay}/3ds/${encodeURIComponent(challenge)}/framed` });
  document.body.className = 'over';
  document.body.append(make('div', { class: 'sheet', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'title' },
    make('header', {}, make('h1', { id: 'title' }, 'Confirm with your bank'), close), frame));
  close.addEventListener('click', () => host.send('escape'));
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') host.send('escape'); });
  window.addEventListener('message', (event) => {
    if (event.origin !== place.pay || event.source !== frame.contentWindow) return;
    const data: unknown = event.data;
    if (typeof data !== 'object' || data === null) return;
    const { type, authentication } = data as { type?: unknown; authentication?: unknown };
    if (type === 'farthing:bank' && authentication === challenge) host.send('result', { outcome: 'finished' });
  });
  close.focus();
}

connect((host, { type, options }) => {
  const challenge = (options as { challenge?: unknown } | undefined)?.challenge;
  if (type === 'init' && typeof challenge === 'string' && /^[A-Za-z0-9_]{1,255}$/.test(challenge) && !document.querySelector('iframe')) show(host, challenge);
});

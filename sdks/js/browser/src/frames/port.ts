// A frame's side of the handshake. It speaks to the page that its address names, if that is the page around it, and to that
// exact origin; what is said afterwards goes through the port that it hands over with its first word.

import { IN, OUT, harmless, known, type Birth, type Json } from '../shared/wire';

const NAMES: (keyof Birth)[] = ['id', 'parentOrigin', 'nonce', 'group', 'type', 'key', 'controller'];
const WORD = /^[0-9A-Za-z_]{0,300}$/;

export interface Host {
  readonly birth: Birth;
  send(type: string, fields?: Json): void;
}

function born(): Birth | null {
  try {
    const told = JSON.parse(decodeURIComponent(location.hash.slice(1))) as Record<string, unknown>;
    if (NAMES.some((name) => typeof told[name] !== 'string' || (name !== 'parentOrigin' && !WORD.test(told[name] as string)))) return null;
    const birth = told as unknown as Birth;
    return new URL(birth.parentOrigin).origin === birth.parentOrigin ? birth : null;
  } catch {
    return null;
  }
}

/** Whether the page around is the one that the address names, so far as the browser tells. */
function around(origin: string): boolean {
  if (window.parent === window) return false;
  const above = location.ancestorOrigins?.[0];
  if (above !== undefined) return above === origin;
  return !document.referrer || new URL(document.referrer).origin === origin;
}

/** Begin; `heard` gets what the page says. Null for a frame that nobody of ours has opened: it stays silent. */
export function connect(heard: (host: Host, message: Json) => void): Host | null {
  const birth = born();
  history.replaceState(null, '', location.pathname);
  if (!birth || !around(birth.parentOrigin)) return null;
  const channel = new MessageChannel();
  const host: Host = {
    birth,
    send(type, fields = {}) {
      const message = known(harmless({ type, ...fields }), OUT);
      if (message) channel.port1.postMessage(message);
    },
  };
  channel.port1.onmessage = ({ data }) => {
    const message = known(data, IN);
    if (!message) return;
    heard(host, message);
    if (message.type === 'init') host.send('ready');
  };
  window.parent.postMessage({ type: 'ready', id: birth.id, nonce: birth.nonce }, birth.parentOrigin, [channel.port2]);
  return host;
}

/** What the vault wrote into the page: where the API and the hosted pages are. */
export const place = { api: document.documentElement.dataset.api ?? '', pay: document.documentElement.dataset.pay ?? '',
  docs: document.documentElement.dataset.docs ?? '' };

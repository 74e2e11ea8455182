// Loads the browser script of a Farthing installation. On a server, where there is no page, it resolves null.

const loading = new Map();

function script(url) {
  if (!loading.has(url)) {
    loading.set(url, new Promise((resolve, reject) => {
      const tag = document.createElement('script');
      tag.src = url;
      tag.addEventListener('load', () => resolve(window.Stripe));
      tag.addEventListener('error', () => { loading.delete(url); tag.remove(); reject(new Error(`The browser script at ${url} did not load.`)); });
      document.head.append(tag);
    }));
  }
  return loading.get(url);
}

/** A Stripe for this key; `baseUrl` is the vault's address, `train` the release train of the page's own types. */
export async function loadStripe(key, { baseUrl, train = 'endive', ...options }) {
  if (typeof window === 'undefined') return null;
  const path = train === 'v3' ? 'v3/' : `${train}/stripe.js`;
  const Stripe = window.Stripe ?? (await script(new URL(path, baseUrl).href));
  return Stripe(key, options);
}

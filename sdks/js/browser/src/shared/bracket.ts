// Parameters in the API's form encoding: a[b][0]=c.

export function form(params: object): URLSearchParams {
  const found = new URLSearchParams();
  const put = (name: string, value: unknown): void => {
    if (value === undefined || value === null) return;
    if (typeof value === 'object') for (const [key, one] of Object.entries(value)) put(name ? `${name}[${key}]` : key, one);
    else found.append(name, String(value));
  };
  put('', params);
  return found;
}

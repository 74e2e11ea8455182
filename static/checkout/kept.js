// What was typed outlives a reload in this tab, and only here: never anything of the card, never what reads like one.
(function () {
  "use strict";
  const { page } = globalThis.FarthingFields;
  const { digits, luhn } = globalThis.FarthingCard;
  const key = "farthing:" + page.here;
  const NEVER = /^(card|session_token)/;

  const kept = () => [...document.querySelectorAll("main input, main select, #promotion_code")]
    .filter((one) => one.id && !["hidden", "radio", "number"].includes(one.type) && !one.readOnly && !NEVER.test(one.name) && !NEVER.test(one.id) && !/^cc-(number|exp|csc)/.test(one.autocomplete));
  const box = (one) => one.type === "checkbox";
  const standard = (one) => (box(one) ? one.defaultChecked : one.options ? ([...one.options].find((option) => option.defaultSelected) || one.options[0] || {}).value : one.defaultValue);
  const now = (one) => (box(one) ? one.checked : one.value);

  // A card number in the wrong field is not kept either.
  function harmless(value) {
    const run = typeof value === "string" ? digits(value) : "";
    return run.length < 12 || run.length > 19 || !luhn(run);
  }

  function store() {
    const changed = kept().filter((one) => now(one) !== standard(one) && harmless(now(one))).map((one) => [one.id, now(one)]);
    try {
      if (changed.length) sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(changed)));
      else sessionStorage.removeItem(key);
    } catch { /* no storage here: then a reload asks again */ }
  }

  function restore() {
    let found;
    try { found = JSON.parse(sessionStorage.getItem(key) || "{}"); } catch { return; }
    // A choice of country decides which fields there are: it comes first.
    for (const one of kept().sort((a, b) => Boolean(b.options) - Boolean(a.options))) {
      if (!Object.hasOwn(found, one.id) || now(one) !== standard(one)) continue;
      if (box(one)) one.checked = Boolean(found[one.id]); else one.value = found[one.id];
      if (one.closest(".code")) one.closest(".code").open = true;
      if (one.options && one.value === "") one.value = standard(one);
      one.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  restore();
  for (const event of ["input", "change"]) document.addEventListener(event, store);
  window.addEventListener("pagehide", store);

  globalThis.FarthingKept = Object.freeze({ forget: () => { window.removeEventListener("pagehide", store); try { sessionStorage.removeItem(key); } catch { /* nothing was kept */ } } });
})();

// Focus stays where it was when a part of the page is replaced: on the new copy of the control that had it, else on the
// part's landing place, which never does anything when Enter is pressed again.
(function () {
  "use strict";
  const REACHED = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
  let last = null;  // what had the focus, and how to know its copy

  const label = (one) => one.getAttribute("aria-label") || (one.matches("a, button, summary") ? one.textContent.trim() : "");
  const value = (one) => (one.matches("button, [type=radio], [type=checkbox]") ? one.value : "");
  const place = (one) => (one.form ? [one.form.getAttribute("action"), ...[...one.form.querySelectorAll("[type=hidden][name=item]")].map((item) => item.value)].join() : "");

  // From the strictest to the loosest: a link to the next page keeps its words, not its address.
  function names(one) {
    const plain = [one.tagName, one.getAttribute("name"), value(one), place(one), label(one)].join("|");
    return [one.id ? `#${one.id}` : "", `${plain}|${one.getAttribute("href")}`, plain];
  }

  function find(known) {
    const all = [...document.querySelectorAll(REACHED)].filter((one) => !one.disabled && one.getClientRects().length);
    for (const [index, name] of known.entries()) {
      const found = name && all.find((one) => names(one)[index] === name);
      if (found) return found;
    }
    return null;
  }

  function restore() {
    if (!last || last.one.isConnected) return;
    const { known, parent } = last;
    last = null;
    if (document.activeElement !== document.body) return;
    const here = parent.isConnected ? parent : document.querySelector("[data-region]") || document.body;
    const found = find(known) || here.querySelector("[data-landing]") || here;
    if (found) found.focus({ preventScroll: true });
  }

  document.addEventListener("focusin", (event) => {
    const one = event.target;
    if (!(one instanceof HTMLElement)) return;
    const parent = one.closest("[data-region]") || document.body;
    last = { one, known: names(one), parent };
  });
  // Who clicks beside everything has left; who is removed has not.
  document.addEventListener("focusout", () => setTimeout(() => {
    if (last && last.one.isConnected && document.activeElement === document.body) last = null;
  }));
  new MutationObserver(restore).observe(document.body, { childList: true, subtree: true });
})();

// The order while it changes: what was open and typed stays, the choice shown is the one that stands, the new total is told.
(function () {
  "use strict";
  const at = (id) => document.getElementById(id);
  const place = at("order-place");
  const progress = at("progress");
  const ways = document.querySelector(".ways");
  let source = null;  // the form whose change is under way; they go one after the other
  let tried = "";

  // The choice that stands is the server's, whatever was clicked.
  function followOrder() {
    if (ways) for (const way of ways.elements) if (way.type === "radio") way.checked = way.value === at("order").dataset.way;
  }

  function keep(old, now) {
    for (const part of [".summary", ".code"]) {
      const before = old.querySelector(part), after = now.querySelector(part);
      if (before && after) after.open = before.open;
    }
    const before = old.querySelector("#promotion_code"), after = now.querySelector("#promotion_code");
    if (before && after) after.value = before.value;
  }

  function changed(old, now) {
    const problem = at("code-error"), fromWays = Boolean(ways) && source === ways;
    if (fromWays) {
      at("ways-error").textContent = problem.textContent;
      const code = at("promotion_code");
      if (code) code.removeAttribute("aria-invalid");
      if (problem.textContent) followOrder();
      problem.textContent = "";
      keep(old, now);
    } else {
      followOrder();
    }
    if (old.dataset.total !== now.dataset.total) progress.textContent = now.dataset.said;
    const wrong = !fromWays && place.querySelector("[aria-invalid]");
    if (wrong) { wrong.value = tried; wrong.focus(); wrong.select(); }
    else if (document.activeElement === document.body) (place.querySelector(".drop, .code summary") || place).focus();
    source = null;
  }

  function failed(event) {
    const form = (event.detail.ctx || {}).sourceElement;
    if (!form || !form.matches(".ways, .coderow, .stepper, #drop-code")) return;
    const text = document.querySelector(".split").dataset.trouble;
    if (form === ways) { at("ways-error").textContent = text; followOrder(); return; }
    at("code-error").textContent = text;
    progress.textContent = text;
  }

  // A quantity outside its bounds becomes the nearest one within, before it is sent.
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches(".stepper [type=number]")) return;
    input.value = Math.min(Number(input.max), Math.max(Number(input.min), Math.round(Number(input.value))));
  }, true);
  document.addEventListener("htmx:before:request", (event) => {
    source = event.detail.ctx.sourceElement;
    if (source.matches(".coderow")) tried = at("promotion_code").value;
    if (ways) at("ways-error").textContent = "";
  });
  document.addEventListener("htmx:error", failed);
  document.addEventListener("htmx:response:error", failed);
  new MutationObserver((records) => {
    const old = records.flatMap((record) => [...record.removedNodes]).find((node) => node.id === "order");
    if (old) changed(old, at("order"));
  }).observe(place, { childList: true });
})();

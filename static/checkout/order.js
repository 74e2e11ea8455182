// The order while it changes: what was open and typed stays, the choice shown is the one that stands, the new total is told.
(function () {
  "use strict";
  if (!globalThis.htmx) return;  // then every form sends itself
  const at = (id) => document.getElementById(id);
  const place = at("order-place");
  const split = document.querySelector(".split");
  const progress = at("progress");
  const ways = document.querySelector(".ways");
  let source = null;  // the form whose answer is being shown
  let tried = "";

  // The choice that stands is the server's, whatever was clicked; but not before the server has heard of the click.
  let choosing = 0;
  document.addEventListener("change", (event) => { if (ways && ways.contains(event.target)) choosing += 1; });
  function followOrder() {
    if (ways && !choosing) for (const way of ways.elements) if (way.type === "radio") way.checked = way.value === at("order").dataset.way;
  }

  function keep(old, now) {
    for (const part of [".summary", ".code"]) {
      const before = old.querySelector(part), after = now.querySelector(part);
      if (before && after) after.open = before.open;
    }
    const before = old.querySelector("#promotion_code"), after = now.querySelector("#promotion_code");
    if (before && after) after.value = before.value;
  }

  // ---- quantities: a person may click faster than the server answers. What is wanted is kept per item until it stands.
  const wanted = new Map();
  let asked = null;  // the item and quantity that the server is being asked for
  const itemOf = (stepper) => stepper.querySelector("[name=item]").value;
  const form = (item) => [...place.querySelectorAll(".stepper")].find((one) => itemOf(one) === item);

  function want(stepper, quantity) {
    const input = stepper.elements.quantity, item = itemOf(stepper);
    const least = Number(input.min), most = Number(input.max), whole = Math.round(quantity);
    const kept = Math.min(most, Math.max(least, Number.isFinite(whole) ? whole : Number(input.defaultValue)));
    note(item, whole > most ? "most" : whole < least ? "least" : "");
    wanted.set(item, kept);
    show(stepper, kept);
    pump();
  }

  function show(stepper, quantity) {
    const input = stepper.elements.quantity;
    input.value = quantity;
    for (const button of stepper.querySelectorAll("[name=step]")) {
      button.setAttribute("aria-disabled", String(quantity === Number(button.value < 0 ? input.min : input.max)));
    }
  }

  const notes = new Map();  // the items whose quantity was made to fit, and by which bound
  function note(item, bound) {
    if (bound) notes.set(item, bound); else notes.delete(item);
    const line = at(`quantity-${item}-error`);
    line.textContent = bound ? line.dataset[bound] : "";
  }

  function pump() {
    if (asked) return;
    const [next] = wanted;
    if (!next) return;
    asked = next;
    const stepper = form(next[0]);
    stepper.elements.quantity.value = next[1];
    globalThis.htmx.trigger(stepper, "wanted");
  }

  // The answer is there: what stands is shown, except where a person wants something else by now.
  function answered(refused) {
    if (asked && (refused || wanted.get(asked[0]) === asked[1])) wanted.delete(asked[0]);
    asked = null;
    for (const item of notes.keys()) if (form(item)) note(item, notes.get(item));
    for (const [item, quantity] of wanted) if (form(item)) show(form(item), quantity); else wanted.delete(item);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".stepper [name=step]");
    if (!button) return;
    event.preventDefault();
    if (button.getAttribute("aria-disabled") !== "true") want(button.form, Number(button.form.elements.quantity.value) + Number(button.value));
  });
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches(".stepper [type=number]")) return;
    event.stopPropagation();
    want(input.form, input.value === "" ? NaN : Number(input.value));
  }, true);
  // Enter in the field: its change comes by itself, and a form that sends itself would leave the page.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".stepper")) return;
    event.preventDefault();
    const input = event.target.elements.quantity;
    if (Number(input.value) !== (wanted.get(itemOf(event.target)) ?? Number(input.defaultValue))) want(event.target, Number(input.value));
  });

  // ---- every change
  function changed(old, now) {
    const problem = at("code-error"), fromWays = Boolean(ways) && source === ways;
    if (fromWays) {
      choosing -= 1;
      at("ways-error").textContent = problem.textContent;
      const code = at("promotion_code");
      if (code) code.removeAttribute("aria-invalid");
      if (problem.textContent) followOrder();
      problem.textContent = "";
    } else {
      followOrder();
    }
    keep(old, now);
    if (old.dataset.total !== now.dataset.total) progress.textContent = now.dataset.said;
    const wrong = !fromWays && place.querySelector("[aria-invalid]");
    if (wrong) { wrong.value = tried; wrong.focus(); wrong.select(); }
    else if (source && source.matches(".coderow") && at("promotion_code")) at("promotion_code").value = "";
    if (source && source.matches(".stepper")) answered(Boolean(problem.textContent));
    source = null;
  }

  // No answer, or one that says that something broke: each has its own true sentence.
  function failed(event) {
    const ctx = event.detail.ctx || {}, sent = ctx.sourceElement;
    if (!sent || !sent.matches(".ways, .coderow, .stepper, #drop-code")) return;
    const text = event.type === "htmx:response:error" ? split.dataset.broken : split.dataset.trouble;
    if (sent === ways) { choosing -= 1; at("ways-error").textContent = text; followOrder(); return; }
    at("code-error").textContent = text;
    progress.textContent = text;
    if (!asked) return;
    wanted.clear();
    asked = null;
    for (const stepper of place.querySelectorAll(".stepper")) show(stepper, Number(stepper.elements.quantity.defaultValue));
  }

  document.addEventListener("htmx:before:request", (event) => {
    const { sourceElement, request } = event.detail.ctx;
    if (sourceElement.matches(".coderow")) tried = request.body.get("promotion_code");
    if (ways) at("ways-error").textContent = "";
  });
  document.addEventListener("htmx:before:swap", (event) => { source = event.detail.ctx.sourceElement; });
  document.addEventListener("htmx:finally:request", pump);  // by now the new forms are known to htmx
  document.addEventListener("htmx:error", failed);
  document.addEventListener("htmx:response:error", failed);
  new MutationObserver((records) => {
    const old = records.flatMap((record) => [...record.removedNodes]).find((node) => node.id === "order");
    if (old) changed(old, at("order"));
  }).observe(place, { childList: true });
})();

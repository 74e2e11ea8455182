// How the inputs behave: grouping while typing with the caret kept, messages on leaving a field, cleared on typing.
(function () {
  "use strict";
  const Card = globalThis.FarthingCard, Typing = globalThis.FarthingTyping;
  const page = JSON.parse(document.getElementById("page").textContent);
  if (page.unknown) console.warn(`This page does not speak "${page.unknown}" yet: it is in English.`);
  const form = document.getElementById("card-form");
  const at = (id) => document.getElementById(id);
  const email = at("email"), number = at("cardNumber"), expiry = at("cardExpiry"), cvc = at("cardCvc");
  const holder = at("billingName"), country = at("billingCountry"), postal = at("billingPostalCode");
  const same = at("same");
  // A card that is kept already needs none of the fields of a new one.
  const usesSaved = () => { const chosen = document.querySelector("#saved :checked"); return Boolean(chosen && chosen.value); };
  const sameAddress = () => Boolean(same && same.checked && !at("same-row").hidden);

  const fields = [
    { input: email, note: "email", check: () => (/^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(email.value.trim()) ? null : "invalid_email") },
    { input: number, note: "card", check: () => (usesSaved() ? null : Card.checkNumber(Card.digits(number.value))) },
    { input: expiry, note: "card", check: () => (usesSaved() ? null : Card.checkExpiry(expiry.value, new Date())) },
    { input: cvc, note: "card", check: () => (usesSaved() ? null : Card.checkCvc(cvc.value, Card.digits(number.value))) },
    { input: holder, note: "billingName", check: () => (usesSaved() ? null : (holder.value.trim() ? null : "empty_name")) },
    ...[["line1", "empty_address"], ["city", "empty_city"], ["state", "empty_state"], ["billingPostalCode", "empty_postal"]].map(([id, code]) => ({ input: at(id), note: "postal", check() { return billed(this.input, code); } })),
    ...[...document.querySelectorAll("[data-ask]")].map((input) => ({ input, note: input.dataset.ask, check() { return asked(this.input); } })),
  ].filter((field) => field.input)
    .sort((one, other) => (one.input.compareDocumentPosition(other.input) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));

  // The fields that the merchant asks for carry their own rules.
  function asked(input) {
    const box = input.type === "checkbox";
    const value = box ? input.checked : input.value.trim();
    if (input.hidden) return null;
    if (input.required && !value) return box ? "empty_box" : page.fields["empty_" + input.name] ? "empty_" + input.name : input.options ? "empty_choice" : "empty_ask";
    if (value && input.minLength > value.length) return "short_ask";
    if (value && input.type === "tel" && !(/^[+0-9 ()\-./]+$/.test(value) && /^\d{5,15}$/.test(Card.digits(value)))) return "wrong_phone";
    return input.validity.patternMismatch ? "wrong_ask" : malformed(input);
  }

  // A part of the billing address: needed as its country says, and no part of it while it is hidden.
  function billed(input, code) {
    if (sameAddress() || input.hidden || usesSaved()) return null;
    return input.required && !input.value.trim() ? code : malformed(input);
  }

  function malformed(input) {
    const written = input.value.trim(), pattern = input.dataset.pattern;
    return pattern && written && !new RegExp(`^(?:${pattern})$`, "i").test(written) ? "wrong_postal" : null;
  }

  function sentence(field, code) {
    if (code === "short_ask") return field.input.dataset.short;
    const name = nameOf(field.input), label = page.english ? name.replace(/^[A-Z][a-z]/, (first) => first.toLowerCase()) : name;
    return (page.fields[code] || code).replace("{label}", () => label);
  }

  // A field's own name, for the list of what is wrong.
  function nameOf(input) {
    return input.getAttribute("aria-label") || (input.labels && input.labels.length ? input.labels[0].textContent.trim() : "");
  }
  const wrong = () => fields.filter((field) => field.message).map((field) => ({ input: field.input, name: nameOf(field.input), message: field.message }));

  // Several inputs share one note (the card box); it shows the first of their messages.
  function show(field, message) {
    field.message = message || "";
    if (message) field.input.setAttribute("aria-invalid", "true");
    else field.input.removeAttribute("aria-invalid");
    const first = fields.find((other) => other.note === field.note && other.message);
    at(field.note + "-error").textContent = first ? first.message : "";
    document.dispatchEvent(new CustomEvent("farthing:field"));
  }

  function validate(field) {
    const code = field.check();
    show(field, code && sentence(field, code));
    return !code;
  }

  function showBrand() {
    const found = Card.brand(Card.digits(number.value));
    const row = at("brands");
    at("brandname").textContent = found ? found.name : "";
    if (found) row.dataset.brand = found.code; else delete row.dataset.brand;
    row.querySelectorAll(".glyph").forEach((glyph) => glyph.toggleAttribute("data-on", Boolean(found) && glyph.dataset.code === found.code));
    cvc.maxLength = Card.cvcLength(Card.digits(number.value));
  }

  Typing.number(number);
  number.addEventListener("input", showBrand);
  Typing.expiry(expiry);
  Typing.cvc(cvc, () => Card.digits(number.value));

  function listen(field) {
    const { input } = field;
    input.addEventListener("input", () => { if (field.message && !field.check()) show(field, ""); else if (field.refused) show(field, ""); field.refused = false; });
    input.addEventListener("blur", () => { if (input.value && input.type !== "checkbox") validate(field); });
  }
  fields.forEach(listen);

  // Enter pays from every field, as it does inside the card's form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input[data-ask]:not([type=checkbox]), input[form=address]")) { event.preventDefault(); form.requestSubmit(); }
  });

  showBrand();

  // Billing is as shipping unless the payer says otherwise; the hidden fields follow.
  const LINES = ["line1", "line2", "city", "state"].filter((name) => at(name));
  function followShipping() {
    at("billing").hidden = sameAddress() || (usesSaved() && !at("line1"));
    if (!sameAddress()) return;
    country.value = at("shipping_country").value;
    postal.value = at("shipping_postal_code").value;
  }
  if (same) {
    at("same-row").hidden = false;
    same.addEventListener("change", () => {
      if (!same.checked) for (const input of [postal, ...LINES.map(at)]) input.value = "";  // it is another address
      for (const field of fields) if (field.note === "postal") show(field, "");
      country.dispatchEvent(new Event("change", { bubbles: true }));
      followShipping();
    });
  }
  followShipping();

  function followSaved() {
    for (const id of ["card-group", "name-group"]) at(id).hidden = usesSaved();
    if (same) at("same-row").hidden = usesSaved() && !at("line1");
    followShipping();
    if (usesSaved()) for (const field of fields) if (field.message) validate(field);
  }
  if (at("saved")) { at("saved").addEventListener("change", followSaved); followSaved(); }

  form.noValidate = true;  // our own messages; without this script the browser's stand in

  const help = at("cvc-help");
  help.hidden = false;
  help.addEventListener("click", () => {
    const open = at("cvc-text").toggleAttribute("hidden") === false;
    help.setAttribute("aria-expanded", String(open));
  });

  const SAMPLES = { phone: "+1 201 555 0123", shipping_name: "Test Shopper", shipping_line1: "1 Test Street", shipping_city: "Testville", shipping_postal_code: "10001" };
  function fillAsked(input, put) {
    if (input.type === "checkbox") { input.checked = input.checked || input.required; return; }
    if (input.value || !(input.required || input.name in SAMPLES)) return;
    const choice = input.options && [...input.options].find((option) => option.value);
    put(input, choice ? choice.value : SAMPLES[input.name] || (input.inputMode === "numeric" ? "1" : "T").repeat(Math.max(1, input.minLength)));
  }

  const fill = at("fill");
  if (fill) {
    fill.hidden = false;
    fill.addEventListener("click", () => {
      const year = String((new Date().getFullYear() + 3) % 100).padStart(2, "0");
      const put = (input, value) => { input.value = value; input.dispatchEvent(new Event("input", { bubbles: true })); };
      if (!email.value) put(email, "shopper@example.com");
      put(number, "4242424242424242"); put(expiry, "12 / " + year); put(cvc, "123");
      if (!holder.value) put(holder, "Test Shopper");
      if (!postal.hidden && !postal.value) put(postal, { US: "10001", GB: "SW1A 1AA", CA: "K1A 0B1" }[country.value] || "10001");
      if (at("line1") && !at("line1").value) { put(at("line1"), "1 Test Street"); put(at("city"), "Testville"); if (at("state").options && at("state").required) put(at("state"), at("state").options[1].value); }
      for (const input of document.querySelectorAll("[data-ask]")) fillAsked(input, put);
      fields.forEach((field) => show(field, ""));
      at("submit").focus();
    });
  }

  // Older browsers cannot style the closed part of <details>; on wide screens it must be open there.
  if (!CSS.supports("selector(::details-content)") && matchMedia("(min-width: 62rem)").matches) document.querySelector(".summary").open = true;

  globalThis.FarthingFields = Object.freeze({
    page, form, wrong, usesSaved, labelOf: nameOf,
    // The same field by another input, such as a list in place of a line.
    swap(old, next) {
      const field = fields.find((one) => one.input === old);
      old.replaceWith(next);
      if (field) { field.input = next; listen(field); show(field, ""); }
    },
    // Another country: what was wrong by the old rules is looked at by the new ones.
    again(input) {
      const field = fields.find((one) => one.input === input);
      if (field && field.message) validate(field);
    },
    // What is wrong, field by field; the messages stand at the fields and the first one has the focus.
    validate() {
      followShipping();
      const [first] = fields.filter((field) => !validate(field));
      if (first) first.input.focus();
      return wrong();
    },
    // A refusal that belongs to one field: the value stays, the message goes when it is edited.
    refuse(name, message) {
      const field = fields.find((one) => one.input.name === name);
      if (!field) return false;
      show(field, message); field.refused = true; field.input.focus();
      if (field.input.select) field.input.select();
      return true;
    },
    details() {
      const value = (id) => (at(id) ? at(id).value.trim() : "");
      const line = (name) => value(sameAddress() && at(name) ? "shipping_" + name : name);
      const card = usesSaved() ? {} : { name: value("billingName"), country: value("billingCountry"), postal_code: value("billingPostalCode") };
      if (usesSaved() && at("line1")) Object.assign(card, { country: value("billingCountry"), postal_code: value("billingPostalCode") });
      return { email: value("email"), ...card, line1: line("line1"), line2: line("line2"), city: line("city"), state: line("state"),
        ...Object.fromEntries([...document.querySelectorAll("[data-ask]")].map((input) => [input.name, input.type === "checkbox" ? (input.checked ? "on" : "") : input.value.trim()])) };
    },
  });
})();

// How the inputs behave: grouping while typing with the caret kept, messages on leaving a field, cleared on typing.
(function () {
  "use strict";
  const Card = globalThis.FarthingCard;
  const page = JSON.parse(document.getElementById("page").textContent);
  const form = document.getElementById("card-form");
  const at = (id) => document.getElementById(id);
  const email = at("email"), number = at("cardNumber"), expiry = at("cardExpiry"), cvc = at("cardCvc");
  const holder = at("billingName"), country = at("billingCountry"), postal = at("billingPostalCode");
  const same = at("same");
  const sameAddress = () => Boolean(same && same.checked && !at("same-row").hidden);
  const POSTAL_NEEDED = new Set(page.need_postal);

  const fields = [
    { input: email, note: "email", check: () => (/^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(email.value.trim()) ? null : "invalid_email") },
    { input: number, note: "card", check: () => Card.checkNumber(Card.digits(number.value)) },
    { input: expiry, note: "card", check: () => Card.checkExpiry(expiry.value, new Date()) },
    { input: cvc, note: "card", check: () => Card.checkCvc(cvc.value, Card.digits(number.value)) },
    { input: holder, note: "billingName", check: () => (holder.value.trim() ? null : "empty_name") },
    { input: at("line1"), note: "postal", check: () => (sameAddress() || at("line1").value.trim() ? null : "empty_address") },
    { input: at("city"), note: "postal", check: () => (sameAddress() || at("city").value.trim() ? null : "empty_city") },
    { input: postal, note: "postal", check: () => (!sameAddress() && !postal.hidden && POSTAL_NEEDED.has(country.value) && !postal.value.trim() ? "empty_postal" : null) },
    ...[...document.querySelectorAll("[data-ask]")].map((input) => ({ input, note: input.dataset.ask, check: () => asked(input) })),
  ].filter((field) => field.input)
    .sort((one, other) => (one.input.compareDocumentPosition(other.input) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));

  // The fields that the merchant asks for carry their own rules.
  function asked(input) {
    const box = input.type === "checkbox";
    const value = box ? input.checked : input.value.trim();
    if (input.hidden) return null;
    const needed = input.required || (input.name === "shipping_postal_code" && POSTAL_NEEDED.has(at("shipping_country").value));
    if (needed && !value) return box ? "empty_box" : page.fields["empty_" + input.name] ? "empty_" + input.name : input.options ? "empty_choice" : "empty_ask";
    if (value && input.minLength > value.length) return "short_ask";
    if (value && input.type === "tel" && !(/^[+0-9 ()\-./]+$/.test(value) && /^\d{5,15}$/.test(Card.digits(value)))) return "wrong_phone";
    return input.validity.patternMismatch ? "wrong_ask" : null;
  }

  function sentence(field, code) {
    const place = field.note === "shipping" ? at("shipping_country") : country;
    return (page.fields[code] || code).replace("{label}", postalLabel(place.value).toLowerCase().replace("zip", "ZIP")).replace("{least}", field.input.minLength);
  }

  // Several inputs share one note (the card box); it shows the first of their messages.
  function show(field, message) {
    field.message = message || "";
    if (message) field.input.setAttribute("aria-invalid", "true");
    else field.input.removeAttribute("aria-invalid");
    const first = fields.find((other) => other.note === field.note && other.message);
    at(field.note + "-error").textContent = first ? first.message : "";
  }

  function validate(field) {
    const code = field.check();
    show(field, code && sentence(field, code));
    return !code;
  }

  // The caret stays behind the digit that it stood behind. Deleting only a space deletes the digit beside it.
  function retype(input, event, clean, format) {
    const caret = input.selectionStart === null ? input.value.length : input.selectionStart;
    const kind = event.inputType || "";
    const deleting = kind.startsWith("delete");
    let raw = Card.digits(input.value);
    let before = Card.digits(input.value.slice(0, caret)).length;
    if (deleting && raw === (input.dataset.digits || "") && raw) {
      const place = kind.endsWith("Forward") ? before : before - 1;
      if (place >= 0) { raw = raw.slice(0, place) + raw.slice(place + 1); before = place; }
    }
    const kept = clean(raw);
    before += Math.max(0, kept.length - raw.length);  // a zero was put in front
    const text = format(kept, !deleting);
    input.dataset.digits = kept;
    input.value = text;
    let position = 0;
    for (let seen = 0; position < text.length && seen < before; position += 1) if (/\d/.test(text[position])) seen += 1;
    if (!deleting) while (position < text.length && /\D/.test(text[position])) position += 1;
    if (document.activeElement === input) input.setSelectionRange(position, position);
  }

  function showBrand() {
    const found = Card.brand(Card.digits(number.value));
    const row = at("brands");
    at("brandname").textContent = found ? found.name : "";
    if (found) row.dataset.brand = found.code; else delete row.dataset.brand;
    row.querySelectorAll(".glyph").forEach((glyph) => glyph.toggleAttribute("data-on", Boolean(found) && glyph.dataset.code === found.code));
    cvc.maxLength = Card.cvcLength(Card.digits(number.value));
  }

  const oneKey = (event) => (event.inputType || "").startsWith("delete") || (typeof event.data === "string" && event.data.length === 1);

  number.addEventListener("input", (event) => {
    retype(number, event, (raw) => raw.slice(0, 19), (kept) => Card.formatNumber(kept));
    showBrand();
  });
  expiry.addEventListener("input", (event) => {
    const whole = !oneKey(event) && Card.parseExpiry(expiry.value);
    if (whole) {
      expiry.value = Card.writeExpiry(whole);
      expiry.dataset.digits = Card.digits(expiry.value);
      return;
    }
    if (event.data === "/" && /^[1-9]\D*$/.test(expiry.value)) expiry.value = "0" + expiry.value[0];
    retype(expiry, event, Card.expiryDigits, Card.formatExpiry);
  });
  expiry.addEventListener("blur", () => {
    const whole = Card.parseExpiry(expiry.value);
    if (whole) { expiry.value = Card.writeExpiry(whole); expiry.dataset.digits = Card.digits(expiry.value); }
  });
  cvc.addEventListener("input", () => { cvc.value = Card.digits(cvc.value).slice(0, Card.cvcLength(Card.digits(number.value))); });

  for (const field of fields) {
    field.input.addEventListener("input", () => { if (field.message && !field.check()) show(field, ""); else if (field.refused) show(field, ""); field.refused = false; });
    field.input.addEventListener("blur", () => { if (field.input.value && field.input.type !== "checkbox") validate(field); });
  }

  // Enter pays from every field, as it does inside the card's form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input[data-ask]:not([type=checkbox]), input[form=address]")) { event.preventDefault(); form.requestSubmit(); }
  });

  function postalLabel(code) { return page.postal[code] || page.postal[""]; }
  function placePostal(input, code) {
    input.hidden = page.no_postal.includes(code);
    if (input.hidden) input.value = "";
    const label = postalLabel(code);
    const shown = POSTAL_NEEDED.has(code) ? label : page.texts.optional.replace("{label}", label);
    input.placeholder = shown;
    input.setAttribute("aria-label", label);
    const own = fields.find((field) => field.input === input);
    if (own.message) validate(own);
  }
  for (const [place, input] of [[country, postal], [at("shipping_country"), at("shipping_postal_code")]]) {
    if (!place) continue;
    place.addEventListener("change", () => placePostal(input, place.value));
    placePostal(input, place.value);
  }
  showBrand();

  // Billing is as shipping unless the payer says otherwise; the hidden fields follow.
  const LINES = ["line1", "line2", "city", "state"].filter((name) => at(name));
  function followShipping() {
    at("billing").hidden = sameAddress();
    if (!sameAddress()) return;
    country.value = at("shipping_country").value;
    placePostal(postal, country.value);
    if (!postal.hidden) postal.value = at("shipping_postal_code").value;
    for (const name of LINES) at(name).value = at("shipping_" + name).value;
  }
  if (same) {
    at("same-row").hidden = false;
    same.addEventListener("change", () => {
      if (!same.checked) for (const input of [postal, ...LINES.map(at)]) input.value = "";  // it is another address
      for (const field of fields) if (field.note === "postal") show(field, "");
      followShipping();
    });
    followShipping();
  }

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
      if (!postal.hidden && !postal.value) put(postal, country.value === "US" ? "10001" : "SW1A 1AA");
      if (at("line1") && !at("line1").value) { put(at("line1"), "1 Test Street"); put(at("city"), "Testville"); }
      for (const input of document.querySelectorAll("[data-ask]")) fillAsked(input, put);
      fields.forEach((field) => show(field, ""));
      at("submit").focus();
    });
  }

  // Older browsers cannot style the closed part of <details>; on wide screens it must be open there.
  if (!CSS.supports("selector(::details-content)") && matchMedia("(min-width: 62rem)").matches) document.querySelector(".summary").open = true;

  globalThis.FarthingFields = Object.freeze({
    page, form,
    // True when all is well; otherwise messages stand at the fields and the first one has the focus.
    validate() {
      followShipping();
      const wrong = fields.filter((field) => !validate(field));
      if (wrong.length) wrong[0].input.focus();
      return wrong.map((field) => field.message);
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
      return { email: value("email"), name: value("billingName"), country: value("billingCountry"), postal_code: value("billingPostalCode"),
        line1: value("line1"), line2: value("line2"), city: value("city"), state: value("state"),
        ...Object.fromEntries([...document.querySelectorAll("[data-ask]")].map((input) => [input.name, input.type === "checkbox" ? (input.checked ? "on" : "") : input.value.trim()])) };
    },
  });
})();

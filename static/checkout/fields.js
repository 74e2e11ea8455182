// How the inputs behave: grouping while typing with the caret kept, messages on leaving a field, cleared on typing.
(function () {
  "use strict";
  const Card = globalThis.FarthingCard;
  const page = JSON.parse(document.getElementById("page").textContent);
  const form = document.getElementById("card-form");
  const at = (id) => document.getElementById(id);
  const email = at("email"), number = at("cardNumber"), expiry = at("cardExpiry"), cvc = at("cardCvc");
  const holder = at("billingName"), country = at("billingCountry"), postal = at("billingPostalCode");
  const POSTAL_NEEDED = new Set(["US", "GB", "CA", "PR"]);

  const fields = [
    { input: email, note: "email", check: () => (/^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(email.value.trim()) ? null : "invalid_email") },
    { input: number, note: "card", check: () => Card.checkNumber(Card.digits(number.value)) },
    { input: expiry, note: "card", check: () => Card.checkExpiry(expiry.value, new Date()) },
    { input: cvc, note: "card", check: () => Card.checkCvc(cvc.value, Card.digits(number.value)) },
    { input: holder, note: "billingName", check: () => (holder.value.trim() ? null : "empty_name") },
    { input: at("line1"), note: "postal", check: () => (at("line1").value.trim() ? null : "empty_address") },
    { input: at("city"), note: "postal", check: () => (at("city").value.trim() ? null : "empty_city") },
    { input: postal, note: "postal", check: () => (!postal.hidden && POSTAL_NEEDED.has(country.value) && !postal.value.trim() ? "empty_postal" : null) },
  ].filter((field) => field.input);

  function sentence(code) {
    return (page.fields[code] || code).replace("{label}", postalLabel().toLowerCase().replace("zip", "ZIP"));
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
    show(field, code && sentence(code));
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
    field.input.addEventListener("blur", () => { if (field.input.value) validate(field); });
  }

  function postalLabel() { return page.postal[country.value] || page.postal[""]; }
  function placePostal() {
    postal.hidden = page.no_postal.includes(country.value);
    if (postal.hidden) postal.value = "";
    const label = postalLabel();
    const shown = POSTAL_NEEDED.has(country.value) ? label : page.texts.optional.replace("{label}", label);
    postal.placeholder = shown;
    postal.setAttribute("aria-label", label);
    const own = fields.find((field) => field.input === postal);
    if (own.message) validate(own);
  }
  country.addEventListener("change", placePostal);
  placePostal();
  showBrand();

  form.noValidate = true;  // our own messages; without this script the browser's stand in

  const help = at("cvc-help");
  help.hidden = false;
  help.addEventListener("click", () => {
    const open = at("cvc-text").toggleAttribute("hidden") === false;
    help.setAttribute("aria-expanded", String(open));
  });

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
      const wrong = fields.filter((field) => !validate(field));
      if (wrong.length) wrong[0].input.focus();
      return wrong.map((field) => field.message);
    },
    // A refusal that belongs to one field: the value stays, the message goes when it is edited.
    refuse(name, message) {
      const field = fields.find((one) => one.input.name === name);
      if (!field) return false;
      show(field, message); field.refused = true; field.input.focus(); field.input.select();
      return true;
    },
    details() {
      const value = (id) => (at(id) ? at(id).value.trim() : "");
      return { email: value("email"), name: value("billingName"), country: value("billingCountry"), postal_code: value("billingPostalCode"),
        line1: value("line1"), line2: value("line2"), city: value("city"), state: value("state") };
    },
  });
})();

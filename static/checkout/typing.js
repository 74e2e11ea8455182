// What typing into card fields does: grouping with the caret kept, the expiry as it stands on the card. The hosted page and
// the card frames share it.
(function () {
  "use strict";
  const Card = globalThis.FarthingCard;

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

  const oneKey = (event) => (event.inputType || "").startsWith("delete") || (typeof event.data === "string" && event.data.length === 1);

  function number(input) {
    input.addEventListener("input", (event) => retype(input, event, (raw) => raw.slice(0, 19), (kept) => Card.formatNumber(kept)));
  }

  function whole(input) {
    const found = Card.parseExpiry(input.value);
    if (!found) return false;
    input.value = Card.writeExpiry(found);
    input.dataset.digits = Card.digits(input.value);
    return true;
  }

  function expiry(input) {
    input.addEventListener("input", (event) => {
      if (!oneKey(event) && whole(input)) return;
      if (event.data === "/" && /^[1-9]\D*$/.test(input.value)) input.value = "0" + input.value[0];
      retype(input, event, Card.expiryDigits, Card.formatExpiry);
    });
    input.addEventListener("blur", () => whole(input));
  }

  // `known` gives the number, whose brand says how long the code is.
  function cvc(input, known) {
    input.addEventListener("input", () => { input.value = Card.digits(input.value).slice(0, Card.cvcLength(known())); });
  }

  globalThis.FarthingTyping = Object.freeze({ number, expiry, cvc });
})();

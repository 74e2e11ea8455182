// The rules of card fields: brands, grouping, expiry, checks. Pure functions, also run by the unit tests in Node.
(function () {
  "use strict";
  // Order matters: the first pattern that fits wins. Lengths and groups as the networks print them on cards.
  const BRANDS = [
    { code: "amex", name: "Amex", starts: /^3[47]/, lengths: [15], cvc: 4 },
    { code: "diners", name: "Diners Club", starts: /^3(0[0-5]|095|[689])/, lengths: [14, 16], cvc: 3 },
    { code: "jcb", name: "JCB", starts: /^35(2[89]|[3-8])/, lengths: [16], cvc: 3 },
    { code: "mastercard", name: "Mastercard", starts: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16], cvc: 3 },
    { code: "unionpay", name: "UnionPay", starts: /^(62|81)/, lengths: [16, 17, 18, 19], cvc: 3 },
    { code: "discover", name: "Discover", starts: /^(6011|64[4-9]|65)/, lengths: [16], cvc: 3 },
    { code: "visa", name: "Visa", starts: /^4/, lengths: [16], cvc: 3 },
  ];
  const digits = (text) => text.replace(/\D/g, "");

  function brand(number) {
    return BRANDS.find((one) => one.starts.test(number)) || null;
  }

  function longest(number) {
    const found = brand(number);
    return found ? Math.max(...found.lengths) : 19;
  }

  // Where the spaces stand: after these counts of digits.
  function gaps(number) {
    const found = brand(number);
    if (found && (found.code === "amex" || (found.code === "diners" && number.length <= 14))) return [4, 10];
    return [4, 8, 12, 16];
  }

  function formatNumber(number) {
    const cut = number.slice(0, longest(number));
    const after = gaps(cut);
    return [...cut].map((digit, index) => (after.includes(index) ? " " : "") + digit).join("");
  }

  function luhn(number) {
    let sum = 0;
    [...number].reverse().forEach((digit, index) => {
      const twice = Number(digit) * (index % 2 ? 2 : 1);
      sum += twice > 9 ? twice - 9 : twice;
    });
    return sum % 10 === 0;
  }

  function checkNumber(number) {
    if (number.length < 4) return "incomplete_number";
    const found = brand(number);
    if (!found) return number.length < 12 ? "incomplete_number" : luhn(number) ? "unsupported_brand" : "invalid_number";
    if (!found.lengths.includes(number.length)) return "incomplete_number";
    return luhn(number) ? null : "invalid_number";
  }

  // Digits as typed become at most MMYY; a year typed with its century keeps four digits until the field is left.
  function expiryDigits(raw) {
    let all = raw;
    if (/^[2-9]/.test(all)) all = "0" + all;
    if (/^1[3-9]/.test(all)) all = "0" + all;
    return all.slice(0, all.slice(2, 4) === "20" ? 6 : 4);
  }

  function formatExpiry(all, growing) {
    if (all.length < 2) return all;
    if (all.length === 2) return growing ? all + " / " : all;
    return all.slice(0, 2) + " / " + all.slice(2);
  }

  // What a paste, a password manager or the browser's autofill writes: 12/33, 12/2033, 1233, 122033, 2033-12, 203312.
  function parseExpiry(text) {
    const clean = text.trim();
    let match = clean.match(/^(\d{4})\D+(\d{1,2})$/);
    if (match) return { month: Number(match[2]), year: Number(match[1]) };
    match = clean.match(/^(\d{1,2})\D+(\d{2}|\d{4})$/) || clean.match(/^(0[1-9]|1[0-2])(\d{2}|\d{4})$/);
    if (match) return { month: Number(match[1]), year: Number(match[2]) + (match[2].length === 2 ? 2000 : 0) };
    match = clean.match(/^(\d{4})(0[1-9]|1[0-2])$/);
    return match ? { month: Number(match[2]), year: Number(match[1]) } : null;
  }

  function writeExpiry(found) {
    return String(found.month).padStart(2, "0") + " / " + String(found.year % 100).padStart(2, "0");
  }

  function checkExpiry(text, today) {
    const found = parseExpiry(text);
    if (!found) return "incomplete_expiry";
    if (found.month < 1 || found.month > 12) return "invalid_expiry_month";
    const years = found.year - today.getFullYear();
    if (years > 50) return "invalid_expiry_year";
    if (years < 0) return "invalid_expiry_year_past";
    return years === 0 && found.month < today.getMonth() + 1 ? "invalid_expiry_month_past" : null;
  }

  function cvcLength(number) {
    const found = brand(number);
    return found ? found.cvc : 4;
  }

  function checkCvc(cvc, number) {
    const found = brand(number);
    return (found ? cvc.length === found.cvc : cvc.length >= 3) ? null : "incomplete_cvc";
  }

  const rules = { BRANDS, brand, checkCvc, checkExpiry, checkNumber, cvcLength, digits, expiryDigits, formatExpiry,
    formatNumber, luhn, parseExpiry, writeExpiry };
  globalThis.FarthingCard = Object.freeze(rules);
})();

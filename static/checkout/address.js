// An address has the parts that its country has: subdivisions to choose from, labels, what is needed, how codes look.
(function () {
  "use strict";
  const { page, swap, again } = globalThis.FarthingFields;
  const at = (id) => document.getElementById(id);
  const known = new Map(Object.entries(page.addresses));
  const latest = new Map();  // the country last chosen, per select: answers that come late are dropped

  async function rulesOf(code) {
    if (!known.has(code)) {
      const answer = await fetch("/addresses/" + code, { credentials: "omit" });
      if (!answer.ok) throw new Error("no rules");
      known.set(code, await answer.json());
    }
    return known.get(code);
  }

  const KEPT = ["id", "name", "form", "class", "data-ask", "autocomplete", "aria-describedby", "maxlength", "enterkeyhint"];
  // A list where the country has subdivisions, a line where it has not.
  function shaped(input, areas, shown) {
    if (!areas.length && !input.options) return input;
    const next = document.createElement(areas.length ? "select" : "input");
    for (const name of KEPT) if (input.hasAttribute(name)) next.setAttribute(name, input.getAttribute(name));
    if (areas.length) {
      next.removeAttribute("maxlength");
      next.append(new Option(shown, ""), ...areas.map(([code, name]) => new Option(name, code)));
      const same = areas.find(([code, name]) => [code, name].some((one) => one.toLowerCase() === input.value.trim().toLowerCase()));
      next.value = same ? same[0] : "";
    }
    swap(input, next);
    return next;
  }

  function place(id, name, rules) {
    let input = at(id);
    if (!input) return;
    const label = page.labels[name][rules.labels[name]], needed = rules.needed.includes(name);
    const shown = needed ? label : page.texts.optional.replace("{label}", () => label);
    if (name === "state") input = shaped(input, rules.areas, shown);
    input.hidden = !rules.fields.includes(name);
    if (input.hidden) input.value = "";
    input.required = needed;
    input.placeholder = shown;
    input.setAttribute("aria-label", label);
    if (name === "postal_code") input.dataset.pattern = rules.postal;
    again(input);
  }

  async function follow(select, ids) {
    const code = select.value;
    latest.set(select, code);
    if (!code) return;
    try {
      const rules = known.get(code) || (await rulesOf(code));
      if (latest.get(select) === code) for (const [name, id] of Object.entries(ids)) place(id, name, rules);
    } catch { /* offline: the fields stay as they are, and the server says what is missing */ }
  }

  for (const [select, ids] of [
    [at("billingCountry"), { city: "city", state: "state", postal_code: "billingPostalCode" }],
    [at("shipping_country"), { city: "shipping_city", state: "shipping_state", postal_code: "shipping_postal_code" }],
  ]) {
    if (!select) continue;
    select.addEventListener("change", () => follow(select, ids));
    follow(select, ids);
  }

  // The second line is there for who needs it.
  for (const id of ["line2", "shipping_line2"]) {
    const line = at(id);
    if (!line || line.value) continue;
    const more = document.createElement("button");
    more.type = "button"; more.className = "link small addline"; more.textContent = page.texts.add_line2;
    more.addEventListener("click", () => { line.hidden = false; more.remove(); line.focus(); });
    line.hidden = true;
    line.parentElement.after(more);
  }
})();

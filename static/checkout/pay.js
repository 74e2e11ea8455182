// Paying: the card goes to the vault, only its one-time token comes to us; the server alone says what became of it.
(function () {
  "use strict";
  const { page, form, validate, wrong, refuse, details, usesSaved } = globalThis.FarthingFields;
  const button = document.getElementById("submit");
  const label = button.querySelector(".text");
  const problem = document.getElementById("problem");
  const progress = document.getElementById("progress");
  const order = () => document.getElementById("order").dataset;  // the order may be replaced while the page is open
  let busy = false;
  let unsent = null;  // a token whose payment may not have reached us; sent again, never made twice

  function state(name) {
    busy = name === "busy" || name === "done";
    button.dataset.state = name;
    button.setAttribute("aria-disabled", String(busy));
    button.toggleAttribute("aria-busy", name === "busy");
    if (name === "busy") button.setAttribute("aria-busy", "true");
    label.textContent = name === "busy" ? page.texts.busy : name === "done" ? page.texts.done : name === "retry" ? page.texts.retry : order().pay;
    progress.textContent = busy ? label.textContent : "";
  }

  let bound = null;  // the field that the notice is about; its mending ends the notice

  function tell(title, message, action) {
    bound = null;
    problem.replaceChildren();
    if (!title) return;
    const notice = document.getElementById("notice").content.cloneNode(true);
    notice.querySelector("strong").textContent = title;
    notice.querySelector("p").textContent = message;
    if (action) {
      const again = document.createElement("button");
      again.type = "button"; again.className = "button small"; again.textContent = action.text;
      again.addEventListener("click", action.run);
      notice.querySelector("p").after(again);
    }
    problem.append(notice);
  }

  // Every field that is wrong by its name, each a way to it.
  function list(found) {
    tell(page.texts.problem_title, found.length > 1 ? page.texts.problems : "");
    for (const one of found) {
      const line = document.createElement("li"), link = document.createElement("a");
      link.href = "#" + one.input.id;
      line.dataset.field = one.input.id;
      link.addEventListener("click", (event) => { event.preventDefault(); one.input.focus(); });
      line.append(link);
      problem.querySelector("ul").append(line);
    }
    follows();
  }

  // What is mended leaves the list, and the last one takes the notice with it.
  function follows() {
    const found = new Map(wrong().map((one) => [one.input.id, one]));
    if (bound && !found.has(bound)) { tell(); return; }
    const lines = problem.querySelectorAll("[data-field]");
    for (const line of lines) {
      const one = found.get(line.dataset.field);
      if (!one) line.remove();
      else line.firstChild.textContent = one.name ? page.texts.named.replace("{label}", () => one.name).replace("{problem}", () => one.message) : one.message;
    }
    if (lines.length && !problem.querySelector("[data-field]")) tell();
  }
  document.addEventListener("farthing:field", follows);

  async function ask(url, options) {
    const answer = await fetch(url, { credentials: "omit", cache: "no-store", ...options });
    if (answer.status >= 500 || !(answer.headers.get("content-type") || "").includes("json")) throw Object.assign(new Error("unavailable"), { broken: true });
    return answer.json();
  }

  async function tokenise() {
    const body = new URLSearchParams(new FormData(form));
    const found = await ask(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (found.error) throw Object.assign(new Error(found.error.message), { refused: { ...found.error, ofVault: true } });
    return found.payment_method.id;
  }

  async function send(token, seen) {
    unsent = usesSaved() ? null : token;
    const body = JSON.stringify({ payment_method: token, seen, ...details() });
    const answer = await ask(page.pay, { method: "POST", body, credentials: "same-origin", headers: { "Content-Type": "application/json", Accept: "application/json" } });
    unsent = null;
    return answer;
  }

  const current = () => ask(page.status, { credentials: "same-origin" });

  // The vault speaks English only; what is said of its codes is in the page.
  const theirs = (error) => page.declines[error.code] || (page.english ? error.message : page.texts.broken);

  function declined(error) {
    state("idle");
    const text = error.param === "session_token" ? page.declines.token_invalid : error.ofVault ? theirs(error) : error.message || page.texts.broken;
    const field = page.field_of[error.code] || error.field || error.param;
    tell(page.texts.declined_title, text);
    if (error.code === "order_changed" && globalThis.htmx) globalThis.htmx.ajax("GET", page.order, { source: "#order-place", target: "#order-place", swap: "innerHTML" });
    if (!field || !refuse(field, text)) problem.focus(); else bound = form.ownerDocument.querySelector(`[name="${field}"]`).id;
  }

  // Our own fault and a lost line are two things, and each has its own sentence.
  function unreachable(broken) {
    state("retry");
    if (broken) tell(page.texts.trouble_title, page.texts.broken);
    else tell(navigator.onLine ? page.texts.unreachable_title : page.texts.offline_title, page.texts.offline);
    button.focus();
  }

  async function follow(answer) {
    if (answer.status === "complete") {
      state("done");
      globalThis.FarthingKept.forget();
      setTimeout(() => location.assign(answer.url), 450);
    } else if (answer.status === "processing" || answer.status === "expired") {
      location.replace(page.here);  // the server shows the page that fits
    } else if (answer.status === "requires_action") {
      const outcome = await atBank(answer.url);
      // Giving up is told to the server, which asks the bank first: it may have said yes a moment ago.
      if (outcome === "closed") await ask(answer.url + "/abandon", { method: "POST", credentials: "same-origin" });
      const now = await current();
      if (outcome === "closed" && now.status !== "complete" && now.status !== "processing") unfinished(null);
      else if (now.status === "requires_action") unfinished(now.url);
      else await follow(now);
    } else {
      declined(answer.error || {});
    }
  }

  // While the payer is at the bank's check, the server hears now and then that they are still there.
  async function atBank(url) {
    const beat = setInterval(() => current().catch(() => {}), 120000);
    try {
      return await globalThis.FarthingBank.open(url);
    } finally {
      clearInterval(beat);
    }
  }

  function unfinished(url) {
    state("idle");
    if (!url) tell(page.texts.declined_title, page.texts.unfinished);
    else tell(page.texts.resume_title, page.texts.resume_lead, { text: page.texts.resume, run: () => run(() => follow({ status: "requires_action", url })) });
    problem.focus();
  }

  async function run(work) {
    if (busy) return;
    state("busy");
    tell();
    try {
      await work();
    } catch (error) {
      if (error.refused) declined(error.refused); else unreachable(Boolean(error.broken));
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    tell();
    const found = validate();
    if (found.length) { list(found); return; }
    const seen = order().total;  // what the button says at this moment, whatever the order becomes meanwhile
    run(async () => {
      if (unsent) {
        const now = await current();
        if (now.status !== "open") return follow(now);
      }
      const saved = usesSaved() ? document.querySelector("#saved :checked").value : "";
      return follow(await send(saved || unsent || (await tokenise()), seen));
    });
  });
  // Editing the card after an unreachable server means another card: the old token is dropped.
  form.addEventListener("input", (event) => { if (event.target.name && event.target.name.startsWith("card")) unsent = null; });

  // A new order has a new total: the button says it.
  const bar = document.getElementById("totalbar");
  new MutationObserver(() => {
    if (!busy) label.textContent = order().pay;
    if (bar) bar.textContent = order().sum;
  }).observe(document.getElementById("order-place"), { childList: true });

  // Browser Back may bring this page from memory: ask the server afresh, so that a paid page is never payable.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  if (page.resume) unfinished(page.resume);
})();

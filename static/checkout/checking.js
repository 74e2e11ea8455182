// Waits for the bank: asks every two seconds, then less often, and comes to rest after three minutes.
(function () {
  "use strict";
  const main = document.getElementById("checking");
  const started = Date.now();

  async function look() {
    try {
      const answer = await fetch(main.dataset.url, { cache: "no-store" });
      const now = answer.ok ? await answer.json() : { status: "processing" };
      if (now.status !== "processing") return location.replace(now.url && now.status === "complete" ? now.url : main.dataset.here);
    } catch { /* offline: keep waiting */ }
    const waited = Date.now() - started;
    if (waited > 180000) return rest();
    return setTimeout(look, waited < 30000 ? 2000 : 6000);
  }

  function rest() {
    const words = document.getElementById("resting");
    document.getElementById("title").textContent = words.dataset.title;
    document.getElementById("lead").textContent = words.content.textContent;
    main.querySelector(".spinner").remove();
  }

  setTimeout(look, 1500);
})();

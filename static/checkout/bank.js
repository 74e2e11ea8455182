// The bank's check over the page: one frame of ours that holds the bank's frame; closing it is a failed check.
(function () {
  "use strict";
  const dialog = document.getElementById("bank");
  const close = document.getElementById("bank-close");

  // Opens the frame; resolves "finished" when our own frame says so, "closed" when the payer gives up.
  function open(url) {
    return new Promise((resolve) => {
      const auth = url.split("?")[0].split("/").pop();
      const frame = document.createElement("iframe");
      frame.name = "__privateStripeFrame" + Math.floor(Math.random() * 1e8);
      frame.title = document.getElementById("bank-title").textContent;
      frame.src = url;
      const opener = document.activeElement;

      const end = (outcome) => {
        window.removeEventListener("message", heard);
        dialog.removeEventListener("cancel", given);
        close.removeEventListener("click", given);
        dialog.close();
        frame.remove();
        if (opener && opener.focus) opener.focus();
        resolve(outcome);
      };
      // Only this very frame, only our own origin, only this authentication; everything else is dropped silently.
      const heard = (event) => {
        if (event.origin !== location.origin || event.source !== frame.contentWindow) return;
        const data = event.data;
        if (typeof data !== "object" || data === null || data.type !== "farthing:bank" || data.authentication !== auth) return;
        end("finished");
      };
      const given = (event) => { event.preventDefault(); end("closed"); };

      window.addEventListener("message", heard);
      dialog.addEventListener("cancel", given);
      close.addEventListener("click", given);
      dialog.append(frame);
      dialog.showModal();
    });
  }

  globalThis.FarthingBank = Object.freeze({ open });
})();

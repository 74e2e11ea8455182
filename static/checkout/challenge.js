// Sends the payer to the bank inside the frame, and passes the word on when the bank is done.
(function () {
  "use strict";
  const form = document.getElementById("creq");
  const inner = document.getElementsByName("stripe-challenge-frame")[0];
  window.addEventListener("message", (event) => {
    if (event.origin !== location.origin || event.source !== inner.contentWindow) return;
    const data = event.data;
    if (typeof data !== "object" || data === null || data.type !== "farthing:bank") return;
    if (window.parent !== window) window.parent.postMessage({ type: data.type, authentication: data.authentication }, location.origin);
    else location.replace(form.dataset.return);
  });
  form.submit();
})();

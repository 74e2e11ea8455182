// The bank has answered, the server has asked the bank itself: tell the page around, or go back when there is none.
(function () {
  "use strict";
  const done = document.getElementById("done");
  if (window.parent !== window) window.parent.postMessage({ type: "farthing:bank", authentication: done.dataset.auth }, location.origin);
  else location.replace(done.dataset.return);
})();

// The bank has answered, the server has asked the bank itself: tell the page around, or go back when there is none. Around
// is our own checkout or the vault's frame; nobody else is told.
(function () {
  "use strict";
  const done = document.getElementById("done");
  const above = location.ancestorOrigins && location.ancestorOrigins[0];
  const told = [location.origin, done.dataset.elements].filter((origin) => !above || origin === above);
  if (window.parent === window) location.replace(done.dataset.return);
  else for (const origin of told) window.parent.postMessage({ type: "farthing:bank", authentication: done.dataset.auth }, origin);
})();

// Small comforts of the portal: copy buttons, and errors of partial requests as a short message.
(function () {
  "use strict";
  function wake(root) {
    root.querySelectorAll(".copy[hidden]").forEach((button) => { button.hidden = false; });
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".copy");
    if (!button) return;
    const label = button.querySelector("span");
    navigator.clipboard.writeText(button.closest(".curl").querySelector("code").textContent).then(() => {
      const before = label.textContent;
      label.textContent = "Copied";
      setTimeout(() => { label.textContent = before; }, 1600);
    });
  });
  function toast(text) {
    const box = document.getElementById("toasts");
    if (!box) return;
    const note = document.createElement("p");
    note.className = "toast"; note.textContent = text;
    box.append(note);
    setTimeout(() => note.remove(), 6000);
  }
  document.addEventListener("htmx:error", () => toast("The server could not be reached. Nothing was changed."));
  // A question stands over the page: nothing behind it can be reached, and Escape keeps everything as it is.
  function ask(root) {
    const dialog = root.querySelector("dialog[data-modal]");
    if (!dialog || dialog.matches(":modal")) return;
    dialog.close();
    dialog.showModal();
    const yes = dialog.querySelector("[autofocus]");
    if (yes) yes.focus();
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); dialog.querySelector("a").click(); });
  }
  document.addEventListener("htmx:after:swap", () => { wake(document); ask(document); });
  wake(document);
  ask(document);
})();

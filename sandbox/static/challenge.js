// A second press while the first is on its way changes nothing on the server; this keeps it from looking broken.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (document.body.dataset.sent) {
      event.preventDefault();
      return;
    }
    document.body.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });
}
addEventListener("pageshow", () => {
  delete document.body.dataset.sent;
  document.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
});

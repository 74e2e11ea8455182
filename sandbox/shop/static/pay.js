// Farthing's card fields in the shop's own page, and the one call that pays.
const form = document.getElementById("pay");
const message = document.getElementById("message");
const button = form.querySelector("button");

function say(text) {
  message.textContent = text;
  message.hidden = !text;
}

if (typeof Stripe === "undefined") {
  say("The card fields did not load. Is Farthing running?");
} else {
  const stripe = Stripe(form.dataset.key);
  const night = matchMedia("(prefers-color-scheme: dark)");
  const appearance = () => ({ theme: night.matches ? "night" : "stripe" });
  const elements = stripe.elements({ clientSecret: form.dataset.secret, appearance: appearance() });
  night.addEventListener("change", () => elements.update({ appearance: appearance() }));
  const payment = elements.create("payment");
  payment.on("ready", () => { button.disabled = false; });
  payment.mount("#payment");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    say("");
    const { error } = await stripe.confirmPayment({ elements, confirmParams: { return_url: form.dataset.back } });
    if (error) say(error.message);
    button.disabled = false;
  });
}

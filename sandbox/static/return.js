// Sends the browser back to the shop; without JavaScript the Continue button does it.
document.getElementById("return").requestSubmit();

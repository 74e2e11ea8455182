// On to the bank, in this very frame.
document.getElementById("creq").submit();

// The page of the three sheets: its button for the printer. Never here: the words on them.
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => print());

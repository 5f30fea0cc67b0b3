// A page that is printed (recovery sheets, a sheet for passing on): its button for the printer. Never here: the words on it.
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => print());

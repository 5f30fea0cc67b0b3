// The sheets of a recovery key, one at a time: each is shown, and there to be printed, once the one before is said to be with whoever
// keeps it, and that one is then gone from the page. Never here: the words on them, what is kept anywhere.
const sheets = [...document.querySelectorAll(".paper")];
const next = document.getElementById("next");
next.addEventListener("click", () => {
  sheets.shift().remove();
  sheets[0].hidden = false;
  sheets[0].querySelector("h2").focus();
  next.hidden = sheets.length === 1;
  document.getElementById("done").hidden = !next.hidden;
});

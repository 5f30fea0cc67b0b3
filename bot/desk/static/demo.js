// The demo's way in: one button an account. It takes the way of every sign-in; only the typing is done for you.
import { byPassphrase } from "./entering.js";
import { attempt } from "./forms.js";
import { wipe } from "./keyring.js";
import { ask } from "./page.js";

const form = document.getElementById("people");

await wipe();
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = event.submitter.value;
  await attempt(form, async () => {
    const { passphrase, second } = await ask("/demo/entrance", { name });
    await byPassphrase(name, passphrase, second);
  });
});
form.hidden = false;

// Opening one's keys in a browser where they are not, while signed in.
import { attempt, wrong } from "./forms.js";
import { keep } from "./keyring.js";
import { byPasskey, byPassphrase, fetchOwn } from "./own.js";
import { root, session } from "./page.js";
import { possible } from "./passkey.js";
import { say } from "./words.js";

const form = document.getElementById("unlock");
const failure = (id) => Object.assign(new Error(), { sentence: say(id) });

async function enter(own, found) {
  if (found.pairs[0]?.name !== own.keys[0].id) throw failure(found.passkey ? "desk.signin.unlock.wrong_passkey" : "desk.signin.unlock.wrong");
  await keep(session, found.pairs.map(({ name, ...pair }) => pair));
  form.reset();
  location.replace(root + form.dataset.back);
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { passphrase } = form.elements;
  const withPasskey = event.submitter?.value === "passkey" && document.activeElement !== passphrase; // the return key presses the first button
  if (!withPasskey && !passphrase.value) return wrong(passphrase, say("desk.signin.passphrase.missing"));
  await attempt(form, async () => {
    const own = await fetchOwn();
    if (!withPasskey) return enter(own, await byPassphrase(own, passphrase.value));
    const found = await byPasskey(own).catch(() => null);
    if (!found) throw failure("desk.signin.unlock.no_passkey");
    return enter(own, found);
  });
});

if (!possible) form?.querySelector("[value=passkey]")?.remove();

// The page of signing in. The passphrase and the secret of a passkey stay in this page.
import { able } from "./able.js";
import { attempt, complain, wrong } from "./forms.js";
import { byPassphrase, enter } from "./entering.js";
import { fromPrf, wipe } from "./keyring.js";
import { ask } from "./page.js";
import { possible, use } from "./passkey.js";
import { say } from "./words.js";

const form = document.getElementById("sign-in");
const { name, passphrase, second } = form.elements;
const other = document.getElementById("other");

await wipe(); // nobody is signed in: no key belongs here

function named() {
  if (name.value.trim()) return true;
  wrong(name, say("desk.signin.name.missing"));
  return false;
}

async function byPasskey() {
  const options = await ask("/sign-in/passkey/options", { name: name.value });
  const { credential, secret } = await use(options).catch((problem) => {
    throw Object.assign(problem, { sentence: say("desk.signin.passkey.not_used") });
  });
  const answer = await ask("/sign-in/passkey", { credential });
  await enter(answer, secret && (await fromPrf(secret)), credential.rawId);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  complain(form, "");
  if (!named()) return;
  // The return key presses the first button, wherever it was pressed.
  const typing = [passphrase, second].includes(document.activeElement);
  if (event.submitter?.value === "passkey" && !typing) return void (await attempt(form, byPasskey));
  if (!passphrase.value) return wrong(passphrase, say("desk.signin.passphrase.missing"));
  if (!second.value.trim()) return wrong(second, say("desk.signin.second.missing"));
  if (!(await attempt(form, () => byPassphrase(name.value, passphrase.value, second.value)))) second.select();
});

if (!possible) {
  form.querySelector("[value=passkey]").hidden = true;
  other.open = true;
}
form.hidden = !able;
document.getElementById("unable").hidden = able;

// Going in: what the page of signing in and the demo's page have in common. What somebody types stays in the page.
import { derive, keep, openAll } from "./keyring.js";
import { ask, decode, encode, root } from "./page.js";

/** Keep what these wraps open, and go in. `passkey`: its id; null for the passphrase's wraps. */
export async function enter({ session, keys }, wrapping, passkey) {
  const mine = keys.flatMap(({ public: publicKey, wraps }) => {
    const wrap = wraps.find((each) => each.passkey === passkey);
    return wrap ? [{ publicKey: decode(publicKey), wrapped: decode(wrap.wrapped) }] : [];
  });
  const pairs = wrapping ? await openAll(mine, wrapping) : [];
  await keep(session, pairs);
  for (const form of document.forms) form.reset();
  // A passkey that was there before the key in use may open older ones only.
  const opens = !keys.length || (pairs.length && encode(pairs[0].publicKey) === keys[0].public);
  location.replace(root + (opens ? "/" : "/unlock"));
}

/** Sign in with a passphrase and a second factor. Raises NotDone. */
export async function byPassphrase(name, passphrase, second) {
  const { salt, rounds } = await ask("/sign-in/salt", { name });
  const { proof, wrapping } = await derive(passphrase, decode(salt), rounds);
  const answer = await ask("/sign-in/passphrase", { name, proof: encode(proof), second });
  await enter(answer, wrapping, null);
}

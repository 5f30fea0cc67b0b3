// One's own keys, as the server keeps them wrapped: opening them anew, and wrapping them for another way.
// For what the keys of the ring cannot do (they are never let out again), and where the ring is empty.
// Never here: pages, keeping (keyring.js).
import { derive, fromPrf, unwrap } from "./keyring.js";
import { ask, decode, encode } from "./page.js";
import { ownSecret } from "./passkey.js";
import { keyId } from "./sealing.js";

/** {keys: [{id, public, retired, wraps}], salt, rounds, passphrase, passkeys: [{id, salt}]}, bytes in base64url. */
export const fetchOwn = () => ask("/account/keys");

async function opened(keys, wrapping, passkey, extractable) {
  const found = await Promise.all(
    keys.map(async ({ id, public: publicKey, wraps }) => {
      const wrap = wraps.find((each) => each.passkey === passkey);
      const privateKey = wrap && (await unwrap(decode(wrap.wrapped), wrapping, extractable).catch(() => null));
      return privateKey && { name: id, id: await keyId(decode(publicKey)), publicKey: decode(publicKey), privateKey };
    }),
  );
  return found.filter(Boolean);
}

/** What a passphrase opens: {pairs, wrapping, proof, passkey: null}. Wrong passphrase: no pairs. */
export async function byPassphrase(own, passphrase, extractable = false) {
  const { proof, wrapping } = await derive(passphrase, decode(own.salt), own.rounds);
  return { pairs: await opened(own.keys, wrapping, null, extractable), wrapping, proof, passkey: null };
}

/** What one of the account's passkeys opens: {pairs, wrapping, passkey: its id}; null where it has no secret. Raises DOMException. */
export async function byPasskey(own, extractable = false) {
  const used = await ownSecret(own.passkeys);
  if (!used) return null;
  const [passkey, secret] = used;
  const wrapping = await fromPrf(secret);
  return { pairs: await opened(own.keys, wrapping, passkey, extractable), wrapping, passkey };
}

/** The same pairs, wrapped for another way: {id of a key: wrapped}, in base64url, for the server. */
export async function wrappedFor(pairs, wrapping, wrap) {
  const each = await Promise.all(pairs.map(async ({ name, privateKey }) => [name, encode(await wrap(privateKey, wrapping))]));
  return Object.fromEntries(each);
}

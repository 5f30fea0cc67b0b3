// The keys of whoever is signed in, in this browser, as long as they are signed in.
// Here: deriving from a passphrase, unwrapping, wrapping, keeping, wiping. Never here: pages, requests, envelopes (sealing.js).
//
// A private key is kept as a CryptoKey that the browser does not let out again, in IndexedDB, under the name of the desk
// session: another session finds nothing and wipes what is there. A key of bytes is a Uint8Array.
import { keyId, keyPair } from "./sealing.js";

const { subtle } = crypto;
const NONCE = 12;
const DATABASE = "desk";
const STORE = "keys";
const RING = "ring";
const encode = (text) => new TextEncoder().encode(text);
const same = (one, other) => String(one) === String(other);
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...new Uint8Array(part)]));
const gcm = (iv) => ({ name: "AES-GCM", iv });

/** What a passphrase leads to: `proof` for the server, `wrapping` (a CryptoKey) for one's own keys. */
export async function derive(passphrase, salt, iterations) {
  const typed = await subtle.importKey("raw", encode(passphrase.normalize("NFKC")), "PBKDF2", false, ["deriveBits"]);
  const bits = new Uint8Array(await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, typed, 512));
  const wrapping = await subtle.importKey("raw", bits.slice(32), "AES-GCM", false, ["wrapKey", "unwrapKey"]);
  return { proof: bits.slice(0, 32), wrapping };
}

/** What a passkey's PRF leads to: a key that wraps. */
export async function fromPrf(secret) {
  const material = await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: encode("faro passkey wrap 1") };
  return subtle.deriveKey(how, material, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

/** A new pair that can be wrapped: {publicKey, privateKey}. */
export const create = () => keyPair(true);

/** nonce · encrypted PKCS#8, for the server to keep. Only a key that `create` or `unwrap(…, true)` gave can be wrapped. */
export async function wrap(privateKey, wrapping) {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
  return join(nonce, await subtle.wrapKey("pkcs8", privateKey, wrapping, gcm(nonce)));
}

/** The private key; `extractable` only where it is to be wrapped anew at once. Raises where the wrapping key is another. */
export const unwrap = (wrapped, wrapping, extractable = false) =>
  subtle.unwrapKey("pkcs8", wrapped.slice(NONCE), wrapping, gcm(wrapped.slice(0, NONCE)), "X25519", extractable, ["deriveBits"]);

/** Every key that `wrapping` opens, as {id, publicKey, privateKey}. `keys`: [{public, wrapped}] as bytes, the one in use first. */
export async function openAll(keys, wrapping) {
  const opened = await Promise.all(
    keys.map(async ({ publicKey, wrapped }) => {
      const privateKey = await unwrap(wrapped, wrapping).catch(() => null);
      return privateKey && { id: await keyId(publicKey), publicKey, privateKey };
    }),
  );
  return opened.filter(Boolean);
}

/** Keep these keys for this desk session, in place of whatever was kept. */
export async function keep(session, pairs) {
  await transact("readwrite", (store) => store.put({ session, pairs }, RING));
}

/** Every pair of this session, the one in use first; none where another session's were kept (they are wiped). */
export async function pairs(session) {
  const ring = await transact("readonly", (store) => store.get(RING));
  if (!ring) return [];
  if (ring.session === session && session) return ring.pairs;
  await wipe();
  return [];
}

/** The pair that opens what was sealed to the key `id` (16 bytes), for sealing.js; the one in use without an id. */
export async function pair(session, id) {
  const all = await pairs(session);
  return all.find((each) => id === undefined || same(each.id, id)) ?? null;
}

/** Leave no key in this browser. */
export async function wipe() {
  // Another tab that has it open closes it when it is asked to (versionchange); the deletion then goes on, watched or not.
  const patience = new Promise((resolve) => setTimeout(resolve, 1000));
  await Promise.race([settled(indexedDB.deleteDatabase(DATABASE)).catch(() => {}), patience]);
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function transact(mode, act) {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await settled(opening);
  database.onversionchange = () => database.close();
  try {
    const transaction = database.transaction(STORE, mode);
    const result = await settled(act(transaction.objectStore(STORE)));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
      if (transaction.mode === "readonly") resolve();
    });
    return result;
  } finally {
    database.close();
  }
}

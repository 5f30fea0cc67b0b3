// Sealed envelopes: HPKE (RFC 9180, base mode: X25519, HKDF-SHA256, AES-256-GCM) on WebCrypto alone. Format: bot/sealing.py.
// Never here: pages, requests, where keys are kept. A key, a ticket, an envelope is a Uint8Array.
const { subtle } = crypto;
const IDS = [0, 32, 0, 1, 0, 2];
const ROOM = { contact: 512, card: 1024, note: 2048, answer: 2048 };
const NONE = new Uint8Array();
const ZERO = new Uint8Array(32); // as a key of HMAC the same as no key, which WebCrypto refuses
const encode = (text) => new TextEncoder().encode(text);
const join = (...parts) =>
  Uint8Array.from(parts.flatMap((part) => [...(typeof part === "string" ? encode(part) : new Uint8Array(part))]));
const same = (one, other) => String(one) === String(other);

async function mac(key, ...parts) {
  const made = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", made, join(...parts)));
}

async function gcm(way, [key, iv], additionalData, data) {
  const made = await subtle.importKey("raw", key, "AES-GCM", false, [way]);
  return new Uint8Array(await subtle[way]({ name: "AES-GCM", iv, additionalData }, made, data));
}

// Key and nonce of HPKE; whatever is expanded fits one block of HMAC.
async function schedule(privateKey, theirs, enc, recipient, info) {
  const KEM = join("HPKE-v1KEM", IDS.slice(0, 2));
  const HPKE = join("HPKE-v1HPKE", IDS);
  const expand = async (suite, key, label, info, length) =>
    (await mac(key, [0, length], suite, label, info, [1])).slice(0, length);
  const key = await subtle.importKey("raw", theirs, "X25519", true, []);
  const dh = await subtle.deriveBits({ name: "X25519", public: key }, privateKey, 256);
  const shared = await expand(KEM, await mac(ZERO, KEM, "eae_prk", dh), "shared_secret", join(enc, recipient), 32);
  const context = join([0], await mac(ZERO, HPKE, "psk_id_hash"), await mac(ZERO, HPKE, "info_hash", info));
  const secret = await mac(shared, HPKE, "secret");
  return [await expand(HPKE, secret, "key", context, 32), await expand(HPKE, secret, "base_nonce", context, 12)];
}

export async function hpkeSeal(recipient, info, aad, plain, ephemeral) {
  const { privateKey, publicKey: enc } = ephemeral ?? (await keyPair());
  return join(enc, await gcm("encrypt", await schedule(privateKey, recipient, enc, recipient, info), aad, plain));
}

export async function hpkeOpen({ privateKey, publicKey }, info, aad, sealed) {
  const enc = sealed.slice(0, 32);
  return gcm("decrypt", await schedule(privateKey, enc, enc, publicKey, info), aad, sealed.slice(32));
}

// What follows from a content key: key and nonce of the body, and the beginning of the envelope, commitment included.
async function prepared(content, kind, ticket) {
  const head = join([1, ...IDS, Object.keys(ROOM).indexOf(kind) + 1], ticket);
  const part = (what) => mac(content, `faro ${what} 1\0`, head, [1]);
  return { head, keys: [await part("key"), (await part("nonce")).slice(0, 12)], start: join(head, await part("commitment")) };
}

async function wrap(content, start, recipient) {
  const id = await keyId(recipient);
  return join(id, await hpkeSeal(recipient, join("faro wrap 1\0", start, id), NONE, content));
}

async function read(envelope, kind, ticket, pair) {
  try {
    const body = 57 + envelope[56] * 96;
    const id = await keyId(pair.publicKey);
    let at = 57;
    while (at < body && !same(envelope.slice(at, at + 16), id)) at += 96;
    const info = join("faro wrap 1\0", envelope.slice(0, 56), id);
    const content = await hpkeOpen(pair, info, NONE, envelope.slice(at + 16, at + 96));
    const { head, keys, start } = await prepared(content, kind, ticket);
    const padded = await gcm("decrypt", keys, head, envelope.slice(body));
    const end = padded[0] * 256 + padded[1] + 2;
    if (!same(envelope.slice(0, 56), start) || padded.length !== ROOM[kind] || end > ROOM[kind] || padded.slice(end).some(Boolean)) throw 0;
    return { content, start, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(padded.slice(2, end)) };
  } catch {
    throw new Error("This envelope cannot be opened with this key as this kind of this ticket.");
  }
}

/** {publicKey, privateKey}. Only a key that is to be wrapped has to be extractable. */
export async function keyPair(extractable = false) {
  const { publicKey, privateKey } = await subtle.generateKey("X25519", extractable, ["deriveBits"]);
  return { publicKey: new Uint8Array(await subtle.exportKey("raw", publicKey)), privateKey };
}

/** The 16 bytes by which envelopes name a public key. */
export const keyId = async (key) => new Uint8Array(await subtle.digest("SHA-256", join("faro key 1\0", key))).slice(0, 16);

/** The text, for whoever holds `pair` and takes the envelope for `kind` of `ticket`. */
export const open = async (...all) => (await read(...all)).text;

/** 96 bytes with which one recipient more opens it. */
export async function rewrap(envelope, kind, ticket, pair, recipient) {
  const { content, start } = await read(envelope, kind, ticket, pair);
  return wrap(content, start, recipient);
}

/** An answer as an envelope for one recipient: the key of its ticket. */
export async function seal(text, ticket, recipient) {
  const plain = encode(text);
  if (plain.length > ROOM.answer - 2 || ticket.length !== 16) throw new Error("This answer is too long, or its ticket is none.");
  const padded = new Uint8Array(ROOM.answer);
  padded.set([plain.length >> 8, plain.length % 256, ...plain]);
  const content = crypto.getRandomValues(new Uint8Array(32));
  const { head, keys, start } = await prepared(content, "answer", ticket);
  return join(start, [1], await wrap(content, start, recipient), await gcm("encrypt", keys, head, padded));
}

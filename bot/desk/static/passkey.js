// Passkeys: asking the browser for one or for its answer, and the secret of its PRF, which wraps keys.
// The secret never goes into what is sent: what is sent is put together here field by field (never `credential.toJSON()`).
// Never here: pages, requests.
import { decode, encode } from "./page.js";

/** This browser, under this name of the desk, can have a passkey. An address of numbers cannot. */
export const possible = Boolean(globalThis.PublicKeyCredential) && !/^\[|^[0-9.]+$/.test(location.hostname);

const first = (results) => (results?.prf?.results?.first ? new Uint8Array(results.prf.results.first) : null);
const named = (list) => (list ?? []).map(({ id, type, transports }) => ({ id: decode(id), type, transports }));

function prf(extensions) {
  if (!extensions?.prf) return {};
  const { eval: one, evalByCredential: each } = extensions.prf;
  if (one) return { prf: { eval: { first: decode(one.first) } } };
  return { prf: { evalByCredential: Object.fromEntries(Object.entries(each).map(([id, { first }]) => [id, { first: decode(first) }])) } };
}

const sent = (credential, response) => ({ id: credential.id, rawId: encode(new Uint8Array(credential.rawId)), type: credential.type, response });

/** Make a passkey: {credential: for the server, secret: of its PRF or null where it has none}. Raises DOMException. */
export async function create(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: decode(options.challenge),
      user: { ...options.user, id: decode(options.user.id) },
      excludeCredentials: named(options.excludeCredentials),
      extensions: prf(options.extensions),
    },
  });
  const results = made.getClientExtensionResults();
  const credential = sent(made, {
    clientDataJSON: encode(new Uint8Array(made.response.clientDataJSON)),
    attestationObject: encode(new Uint8Array(made.response.attestationObject)),
    transports: made.response.getTransports?.() ?? [],
  });
  // Some passkeys tell their secret only when they are used, not when they are made.
  const secret = first(results) ?? (results.prf?.enabled ? await secretOf([{ id: credential.rawId, salt: options.extensions.prf.eval.first }]) : null);
  return { credential, secret };
}

/** Use a passkey: {credential, secret}, the secret null where the passkey has no PRF. Raises DOMException. */
export async function use(options) {
  const used = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: decode(options.challenge),
      allowCredentials: named(options.allowCredentials),
      extensions: prf(options.extensions),
    },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = used.response;
  const credential = sent(used, {
    clientDataJSON: encode(new Uint8Array(clientDataJSON)),
    authenticatorData: encode(new Uint8Array(authenticatorData)),
    signature: encode(new Uint8Array(signature)),
    userHandle: userHandle ? encode(new Uint8Array(userHandle)) : null,
  });
  return { credential, secret: first(used.getClientExtensionResults()) };
}

/** The secret of one of these passkeys ([{id, salt}] in base64url), without telling anybody anything: [id, secret] or null. */
export async function ownSecret(known) {
  const { credential, secret } = await use({
    challenge: encode(crypto.getRandomValues(new Uint8Array(32))),
    allowCredentials: known.map(({ id }) => ({ id, type: "public-key" })),
    userVerification: "required",
    extensions: { prf: { evalByCredential: Object.fromEntries(known.map(({ id, salt }) => [id, { first: salt }])) } },
  });
  return secret && [credential.rawId, secret];
}

const secretOf = async (known) => (await ownSecret(known))?.[1] ?? null;

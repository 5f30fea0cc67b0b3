// Taking an account into use: a key pair is made here, and leaves this page only wrapped.
import { able } from "./able.js";
import { attempt, wrong } from "./forms.js";
import { create as createPair, derive, fromPrf, keep, unwrap, wipe, wrap } from "./keyring.js";
import { ask, decode, encode, root } from "./page.js";
import { create as createPasskey, possible } from "./passkey.js";
import { keyId } from "./sealing.js";
import { say } from "./words.js";

const SHORTEST = 14; // characters of a passphrase
const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4; // modules around a QR code

const beginForm = document.getElementById("begin");
const passphraseForm = document.getElementById("by-passphrase");
const passkeyForm = document.getElementById("by-passkey");
let holder, offered, enrolled;

await wipe();

function drawQr({ size, path }) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `${-QUIET} ${-QUIET} ${size + 2 * QUIET} ${size + 2 * QUIET}`);
  picture.setAttribute("class", "qr");
  const modules = document.createElementNS(SVG, "path");
  modules.setAttribute("d", path);
  picture.append(modules);
  document.getElementById("qr").replaceChildren(picture);
}

function show(id) {
  for (const each of ["begin", "ways", "done"]) document.getElementById(each).hidden = each !== id;
  document.getElementById(`${id}-title`)?.focus();
}

/** A new pair: what the server keeps of it, and what this browser keeps. */
async function newKey(wrapping) {
  const { publicKey, privateKey } = await createPair();
  const wrapped = await wrap(privateKey, wrapping);
  const pair = { id: await keyId(publicKey), publicKey, privateKey: await unwrap(wrapped, wrapping) };
  return { key: { public: encode(publicKey), wrapped: encode(wrapped) }, pair };
}

beginForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, code } = beginForm.elements;
  if (!name.value.trim()) return wrong(name, say("desk.signin.name.missing"));
  if (!code.value.trim()) return wrong(code, say("desk.signin.enrol.code.missing"));
  await attempt(beginForm, async () => {
    holder = { name: name.value, code: code.value };
    offered = await ask("/enrol/begin", holder);
    drawQr(offered.qr);
    passphraseForm.elements.account.value = name.value; // so that a password manager knows what it keeps
    document.getElementById("totp-secret").textContent = offered.totp.match(/.{1,4}/g).join(" ");
    show("ways");
  });
});

function fit() {
  const { passphrase, again, totp } = passphraseForm.elements;
  if (passphrase.value.length < SHORTEST) return wrong(passphrase, say("desk.signin.enrol.passphrase.short", { number: SHORTEST }));
  if (passphrase.value !== again.value) return wrong(again, say("desk.signin.enrol.again.differs"));
  if (!/^\s*(\d\s*){6}$/.test(totp.value)) return wrong(totp, say("desk.signin.enrol.totp.missing"));
  return true;
}

passphraseForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { passphrase, totp } = passphraseForm.elements;
  if (!fit()) return;
  await attempt(passphraseForm, async () => {
    const { proof, wrapping } = await derive(passphrase.value, decode(offered.salt), offered.rounds);
    const { key, pair } = await newKey(wrapping);
    const answer = await ask("/enrol/passphrase", { ...holder, proof: encode(proof), totp: totp.value, key });
    finish(answer, pair, answer.codes);
  });
});

passkeyForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  await attempt(passkeyForm, async () => {
    const { credential, secret } = await createPasskey(offered.passkey).catch((problem) => {
      throw Object.assign(problem, { sentence: say("desk.signin.passkey.not_made") });
    });
    if (!secret) throw Object.assign(new Error(), { sentence: say("desk.signin.passkey.no_secret") });
    const { key, pair } = await newKey(await fromPrf(secret));
    finish(await ask("/enrol/passkey", { ...holder, credential, key }), pair, []);
  });
});

function finish({ session }, pair, codes) {
  enrolled = { session, pairs: [pair] };
  for (const form of [beginForm, passphraseForm]) form.reset();
  document.getElementById("codes").replaceChildren(
    ...codes.map((code) => Object.assign(document.createElement("li"), { textContent: code })),
  );
  document.getElementById("with-codes").hidden = !codes.length;
  document.getElementById("without-codes").hidden = Boolean(codes.length);
  document.getElementById("suggestion").hidden = !codes.length || !possible;
  document.getElementById("qr").replaceChildren();
  document.getElementById("totp-secret").textContent = "";
  show("done");
}

document.getElementById("print").addEventListener("click", () => print());
document.getElementById("enter").addEventListener("click", async () => {
  await keep(enrolled.session, enrolled.pairs); // only now: whoever closes this page instead leaves no key in the browser
  location.replace(`${root}/`);
});
passkeyForm.hidden = !possible;
beginForm.hidden = !able;
document.getElementById("unable").hidden = able;

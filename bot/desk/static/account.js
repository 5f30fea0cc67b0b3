// One's own account: passkeys, passphrase, recovery codes, key. What is wrapped anew is wrapped here.
import { attempt, wrong } from "./forms.js";
import { create as createPair, derive, fromPrf, keep, pairs, unwrap, wrap } from "./keyring.js";
import { byPasskey, byPassphrase, fetchOwn, wrappedFor } from "./own.js";
import { ask, decode, encode, root, session } from "./page.js";
import { create as createPasskey, possible } from "./passkey.js";
import { keyId } from "./sealing.js";
import { say } from "./words.js";

const SHORTEST = 14; // characters of a passphrase, as at enrolment
const failure = (id) => Object.assign(new Error(), { sentence: say(id) });
const done = (what) => location.replace(`${root}/account?done=${what}`);

/** Open one's keys so that they can be wrapped again: by the passphrase typed here, or by a passkey where there is no field for one. */
async function openedBy(own, typed) {
  const found = typed ? await byPassphrase(own, typed.value, true) : await byPasskey(own, true).catch(() => null);
  if (!found) throw failure("desk.signin.unlock.no_passkey");
  if (own.keys.length && !found.pairs.length) {
    throw failure(typed ? "desk.account.wrong_passphrase" : "desk.signin.unlock.wrong_passkey");
  }
  return found;
}

function onSubmit(id, act) {
  const form = document.getElementById(id);
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    act(form, event.submitter?.value);
  });
  return form;
}

function typed(field) {
  if (!field || field.value) return true;
  wrong(field, say("desk.signin.passphrase.missing"));
  return false;
}

// --- passkeys

async function addPasskey(own, found) {
  const options = await ask("/account/passkey/options", {});
  const { credential, secret } = await createPasskey(options).catch(() => {
    throw failure("desk.signin.passkey.not_made");
  });
  const wraps = secret ? await wrappedFor(found.pairs, await fromPrf(secret), wrap) : {};
  await ask("/account/passkey", { credential, wraps });
  done("passkey");
}

/** Let a passkey that is there already open what the passphrase opens. */
async function letOpen(own, found) {
  const used = await byPasskey(own).catch(() => null);
  if (!used) throw failure("desk.signin.unlock.no_passkey");
  await ask("/account/passkey/open", { passkey: used.passkey, wraps: await wrappedFor(found.pairs, used.wrapping, wrap) });
  done("opens");
}

const passkeyForm = onSubmit("add-passkey", async (form, what) => {
  const field = form.elements["add-passphrase"];
  if (!typed(field)) return;
  await attempt(form, async () => {
    const own = await fetchOwn();
    const found = own.keys.length ? await openedBy(own, field) : { pairs: [] };
    await (what === "open" ? letOpen(own, found) : addPasskey(own, found));
  });
});
passkeyForm.hidden = !possible;
document.getElementById("no-passkeys").hidden = possible;

// --- passphrase and recovery codes

onSubmit("change-passphrase", async (form) => {
  const { old, again } = form.elements;
  const fresh = form.elements.new;
  if (!typed(old)) return;
  if (fresh.value.length < SHORTEST) return wrong(fresh, say("desk.signin.enrol.passphrase.short", { number: SHORTEST }));
  if (fresh.value !== again.value) return wrong(again, say("desk.signin.enrol.again.differs"));
  await attempt(form, async () => {
    const own = await fetchOwn();
    const before = await byPassphrase(own, old.value, true);
    const after = await derive(fresh.value, decode(own.salt), own.rounds);
    const wraps = await wrappedFor(before.pairs, after.wrapping, wrap);
    await ask("/account/passphrase", { old: encode(before.proof), new: encode(after.proof), wraps });
    form.reset();
    done("passphrase");
  });
});

onSubmit("renew-codes", async (form) => {
  await attempt(form, async () => {
    const { codes } = await ask("/account/codes", {});
    const items = codes.map((code) => Object.assign(document.createElement("li"), { textContent: code }));
    document.getElementById("codes").replaceChildren(...items);
    document.getElementById("new-codes").hidden = false;
  });
});
document.getElementById("print")?.addEventListener("click", () => print());

// --- key

onSubmit("change-key", async (form) => {
  const field = form.elements["key-passphrase"];
  if (!typed(field)) return;
  await attempt(form, async () => {
    const own = await fetchOwn();
    const inUse = own.keys.find(({ retired }) => !retired);
    const found = await openedBy(own, field);
    const { publicKey, privateKey } = await createPair();
    const wrapped = await wrap(privateKey, found.wrapping);
    const key = { public: encode(publicKey), wrapped: encode(wrapped) };
    await ask("/account/key", { key, replaces: inUse?.id ?? null, passkey: found.passkey });
    const pair = { id: await keyId(publicKey), publicKey, privateKey: await unwrap(wrapped, found.wrapping) };
    await keep(session, [pair, ...(await pairs(session))]);
    done("key");
  });
});

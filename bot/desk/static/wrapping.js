// Wrapping for others what one can open oneself: at an escalation, a hand-over, a transfer, after a new key.
// Never here: who may get it (the server names the keys), pages.
import { pairs } from "./keyring.js";
import { ask, decode, encode, session } from "./page.js";
import { rewrap } from "./sealing.js";

/** Wrap what `path` says is missing of the ticket `id` (bytes). Gives {item: [wraps]} and how many could not be wrapped. */
export async function wrapped(path, id) {
  const { missing } = await ask(path);
  const mine = missing.length ? await pairs(session) : [];
  const wraps = {};
  for (const { item, kind, envelope, keys } of missing) {
    for (const pair of mine) {
      const made = await Promise.all(keys.map((key) => rewrap(decode(envelope), kind, id, pair, decode(key)))).catch(() => null);
      if (made) wraps[item] = made.map((wrap) => encode(wrap));
    }
  }
  return { wraps, failed: missing.length - Object.keys(wraps).length };
}

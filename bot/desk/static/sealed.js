// A page of something sealed (a request, a complaint): opening what is sealed to me. What is opened lives in this page only.
// Never here: how a kind is shown (ticket.js, complaint.js), rules (the server releases and refuses), answers (answer.js).
import { pairs } from "./keyring.js";
import { ask, decode, session } from "./page.js";
import { open } from "./sealing.js";
import { say } from "./words.js";
import { wrapped } from "./wrapping.js";

export const sheet = document.getElementById("ticket");
const trouble = document.getElementById("trouble");
const changed = document.getElementById("changed");
/** Kind -> its button. */
export const opening = Object.fromEntries([...sheet.querySelectorAll("[data-open]")].map((button) => [button.dataset.open, button]));
export const id = Uint8Array.from(sheet.dataset.id.match(/../g), (pair) => parseInt(pair, 16));
export const here = `${sheet.dataset.base}/${sheet.dataset.id}`;
export const element = (name, classes, text) => {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text !== undefined) made.textContent = text;
  return made;
};
export const member = (stem, name) => say(`${stem}.${name}`);
export const failure = (sentence) => Object.assign(new Error(), { sentence });

/** The sheet as this page knows it: every form speaks of this version. */
export const version = () => Number(sheet.dataset.version);
export function known(number) {
  sheet.dataset.version = number;
  for (const field of sheet.querySelectorAll("[name=version]")) field.value = number;
  changed.hidden = true;
}

export function tell(sentence) {
  trouble.textContent = sentence;
  trouble.hidden = !sentence;
}

/** The text of an envelope, with whichever of my keys it was sealed to. */
async function opened(envelope, kind) {
  const mine = await pairs(session);
  if (!mine.length) throw failure(say("desk.ticket.locked_out"));
  for (const pair of mine) {
    try {
      return await open(decode(envelope), kind, id, pair);
    } catch {
      // sealed to another one of my keys
    }
  }
  throw failure(say("desk.ticket.other_key"));
}

/** What is sealed of this kind: the texts with their times, the version from before, and whatever else the server says. */
async function release(kind) {
  if (!(await pairs(session)).length) throw failure(say("desk.ticket.locked_out")); // before anything is handed out and recorded
  const { copies, ...rest } = await ask(`${here}/open`, { kind });
  if (!copies.length) throw failure(say("desk.ticket.other_key"));
  const texts = await Promise.all(copies.map(async ({ item, at, envelope }) => ({ item, at, text: await opened(envelope, kind) })));
  return { texts, ...rest };
}

const shows = {};

/** Open this kind and show it in its place. Raises what the page has said already. */
export async function show(kind) {
  const button = opening[kind];
  const place = button.closest("[data-sealed]").querySelector(".opened");
  tell("");
  button.disabled = true;
  try {
    const found = await release(kind);
    shows[kind](place, found);
    place.hidden = false;
    button.hidden = true;
    share().catch(() => {});
    return found;
  } catch (problem) {
    button.disabled = false;
    tell(problem.sentence ?? problem.message);
    throw problem;
  }
}

/** Kind -> how it is shown: (place, {texts, …}) => …. `again`: what else to do when what is new is shown in the same page. */
export function showing(how, again = () => {}) {
  Object.assign(shows, how);
  for (const [kind, button] of Object.entries(opening)) {
    button.addEventListener("click", () => show(kind).catch(() => {}));
    button.disabled = "afterCard" in button.dataset;
  }
  // Somebody who is writing keeps what they wrote: what is new is shown in the same page.
  changed?.querySelector("a").addEventListener("click", async (event) => {
    if (!document.getElementById("text")?.value.trim() || !opening.note) return;
    event.preventDefault();
    try {
      if (opening.card?.hidden) await show("card");
      const { version: number } = await show("note");
      again();
      known(number);
    } catch {
      // the page says why; the link leads to the page as it is now
    }
  });
}

/** Wrap for those who may read it and cannot yet: at an escalation, a hand-over, a new key, for a unit. How many could not be. */
export async function share() {
  const { wraps, failed } = await wrapped(`${here}/wraps`, id);
  if (Object.keys(wraps).length) await ask(`${here}/wraps`, { wraps });
  return failed;
}

/** Terms and values, without those that are empty. */
export function facts(rows) {
  const list = element("dl", "facts");
  for (const [term, value] of rows) if (value) list.append(element("dt", "", term), element("dd", "", value));
  return list;
}

/** Texts of a person, each with its time (as `local` says it). */
export function notes(place, texts, local) {
  place.replaceChildren(
    ...texts.map(({ at, text }) => {
      const shown = element("div");
      shown.append(element("p", "small", local(at)), element("p", "note-text", text));
      return shown;
    }),
  );
}

addEventListener("queue", ({ detail }) => {
  const row = detail.find((each) => each.id === sheet.dataset.id);
  const gone = !row && sheet.dataset.mine === "1";
  if (changed && (gone || (row && row.version !== version()))) changed.hidden = false;
});

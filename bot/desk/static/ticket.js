// A ticket's page: opening what is sealed to me, and showing it. What is opened lives in this page only.
// Never here: rules (the server releases and refuses), answers (answer.js).
import { pairs } from "./keyring.js";
import { ask, decode, session } from "./page.js";
import { open } from "./sealing.js";
import { local } from "./times.js";
import { say } from "./words.js";
import { wrapped } from "./wrapping.js";

const ticket = document.getElementById("ticket");
const trouble = document.getElementById("trouble");
const changed = document.getElementById("changed");
const opening = Object.fromEntries([...ticket.querySelectorAll("[data-open]")].map((button) => [button.dataset.open, button]));
export const id = Uint8Array.from(ticket.dataset.id.match(/../g), (pair) => parseInt(pair, 16));
export const here = `/ticket/${ticket.dataset.id}`;
export const element = (name, classes, text) => {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text !== undefined) made.textContent = text;
  return made;
};
export const member = (stem, name) => say(`${stem}.${name}`);
export const failure = (sentence) => Object.assign(new Error(), { sentence });

/** The ticket as this page knows it: every form speaks of this version. */
export const version = () => Number(ticket.dataset.version);
function known(number) {
  ticket.dataset.version = number;
  for (const field of ticket.querySelectorAll("[name=version]")) field.value = number;
  changed.hidden = true;
}

function tell(sentence) {
  trouble.textContent = sentence;
  trouble.hidden = !sentence;
}

// --- opening ------------------------------------------------------------------------------------------------------------

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

/** What is sealed of this kind: the texts with their times, the ticket's version from before, seconds for which it may be seen. */
async function release(kind) {
  if (!(await pairs(session)).length) throw failure(say("desk.ticket.locked_out")); // before anything is handed out and recorded
  const { copies, ...rest } = await ask(`${here}/open`, { kind });
  if (!copies.length) throw failure(say("desk.ticket.other_key"));
  const texts = await Promise.all(copies.map(async ({ item, at, envelope }) => ({ item, at, text: await opened(envelope, kind) })));
  return { texts, ...rest };
}

async function show(kind) {
  const button = opening[kind];
  const place = button.closest("[data-sealed]").querySelector(".opened");
  tell("");
  button.disabled = true;
  try {
    const found = await release(kind);
    SHOW[kind](place, found);
    place.hidden = false;
    button.hidden = true;
    share();
    return found;
  } catch (problem) {
    button.disabled = false;
    tell(problem.sentence ?? problem.message);
    throw problem;
  }
}

// --- showing ------------------------------------------------------------------------------------------------------------

function facts(rows) {
  const list = element("dl", "facts");
  for (const [term, value] of rows) if (value) list.append(element("dt", "", term), element("dd", "", value));
  return list;
}

function showCard(place, { texts: [{ text }] }) {
  const card = JSON.parse(text);
  const yes = (value) => say(value ? "desk.ticket.yes" : "desk.ticket.no");
  const rows = [];
  // A card that was made anew by code says only how to reach the person.
  if (card.kind) rows.push([say("desk.ticket.card.need"), member("desk.ticket.need", card.kind)]);
  if (card.for) rows.push([say("desk.ticket.card.for"), member("desk.ticket.for", card.for)]);
  if (card.elsewhere) rows.push([say("desk.ticket.card.elsewhere"), say(card.representative ? "desk.ticket.card.represented" : "desk.ticket.yes")]);
  if (card.windows) {
    // The hours may have been changed by code since: those count that the server holds us to.
    const windows = ticket.dataset.windows ? ticket.dataset.windows.split(" ") : card.windows;
    const zone = ticket.dataset.zone || card.zone;
    rows.push([say("desk.ticket.card.windows"), `${windows.map((name) => member("desk.ticket.window", name)).join(", ")} (${zone})`]);
  }
  if (card.windows && ticket.dataset.way === "phone") {
    rows.push(
      [say("desk.ticket.card.other"), yes(card.answer_by_other)],
      [say("desk.ticket.card.message"), yes(card.leave_message)],
      [say("desk.ticket.card.present"), member("desk.ticket.present", card.present_as)],
      [say("desk.ticket.card.tries"), String(card.tries)],
      [say("desk.ticket.card.dropped"), say(card.if_dropped === "call" ? "desk.ticket.card.dropped.call" : "desk.ticket.card.dropped.no_call")],
    );
  }
  place.replaceChildren(facts(rows));
  if (card.word_desk) {
    const words = element("dl", "code-words");
    for (const [term, word] of [
      [say("desk.ticket.card.word_desk"), card.word_desk],
      [say("desk.ticket.card.word_person"), card.word_person],
      [say("desk.ticket.card.word_stop"), card.word_stop],
    ]) {
      const pair = element("div");
      pair.append(element("dt", "", term), element("dd", "", word));
      words.append(pair);
    }
    place.append(words);
  }
  const first = document.getElementById("card-first");
  if (first) first.hidden = true;
  if (opening.contact) opening.contact.disabled = false; // the card comes before the number
}

function showContact(place, { texts: [{ item, text }], seconds }) {
  const contact = JSON.parse(text);
  if (contact.way === "here") {
    place.replaceChildren(element("p", "", say("desk.ticket.contact.here", { channel: contact.channel })));
    dispatchEvent(new CustomEvent("way", { detail: { ...contact, item } }));
    return;
  }
  place.replaceChildren(element("p", "big-number", contact.number));
  if (contact.someone_else) place.append(element("p", "notice amber", say("desk.ticket.contact.someone_else")));
  place.append(element("p", "small", say("desk.ticket.contact.rules")));
  const tried = document.getElementById("tried");
  if (tried) tried.hidden = false;
  // When the person's hours are over, the number goes, whoever sits before it.
  if (seconds !== null) setTimeout(() => over(place), Math.min(seconds * 1000, 2 ** 31 - 1));
}

/** Take the way to the person off the page: it may be another one by now. */
function closeContact() {
  if (!opening.contact?.hidden) return;
  const place = opening.contact.closest("[data-sealed]").querySelector(".opened");
  place.replaceChildren();
  place.hidden = true;
  opening.contact.hidden = opening.contact.disabled = false;
  const tried = document.getElementById("tried");
  if (tried) tried.hidden = true;
  dispatchEvent(new CustomEvent("way", { detail: null }));
}

function over(place) {
  place.replaceChildren();
  place.hidden = true;
  document.getElementById("hours-over").hidden = false;
}

function showNotes(place, { texts }) {
  place.replaceChildren(
    ...texts.map(({ at, text }) => {
      const shown = element("div");
      shown.append(element("p", "small", local(at)), element("p", "note-text", text));
      return shown;
    }),
  );
}

const SHOW = { card: showCard, contact: showContact, note: showNotes };
for (const [kind, button] of Object.entries(opening)) {
  button.addEventListener("click", () => show(kind).catch(() => {}));
  button.disabled = "afterCard" in button.dataset;
}

/** Wrap for those who may read this ticket and cannot yet: at an escalation, a hand-over, a new key. */
async function share() {
  const { wraps } = await wrapped(`${here}/wraps`, id).catch(() => ({ wraps: {} }));
  if (Object.keys(wraps).length) await ask(`${here}/wraps`, { wraps }).catch(() => {});
}

// --- what changed meanwhile ---------------------------------------------------------------------------------------------

addEventListener("queue", ({ detail }) => {
  const row = detail.find((each) => each.id === ticket.dataset.id);
  const gone = !row && ticket.dataset.mine === "1";
  if (gone || (row && row.version !== version())) changed.hidden = false;
});

// Somebody who is writing keeps what they wrote: what is new is shown in the same page.
changed.querySelector("a").addEventListener("click", async (event) => {
  if (!document.getElementById("text")?.value.trim() || !opening.note) return;
  event.preventDefault();
  try {
    if (opening.card?.hidden) await show("card");
    const { version: number } = await show("note");
    closeContact();
    known(number);
  } catch {
    // the page says why; the link leads to the page as it is now
  }
});

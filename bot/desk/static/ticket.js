// A ticket's page: opening what is sealed to me, showing it, writing an answer. What is opened lives in this page only.
// Never here: rules; the server releases, refuses and checks.
import { attempt, complain } from "./forms.js";
import { pairs } from "./keyring.js";
import { ask, decode, encode, root, session } from "./page.js";
import { open, rewrap, seal } from "./sealing.js";
import { say } from "./words.js";

const ticket = document.getElementById("ticket");
const id = decodeHex(ticket.dataset.id);
const here = `/ticket/${ticket.dataset.id}`;
const trouble = document.getElementById("trouble");
let way = null; // the opened contact of "write to me here": {channel, box}

function decodeHex(text) {
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

function element(name, classes, text) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text !== undefined) made.textContent = text;
  return made;
}

function tell(sentence) {
  trouble.textContent = sentence;
  trouble.hidden = !sentence;
}

// --- opening ------------------------------------------------------------------------------------------------------------

/** The text of an envelope, with whichever of my keys it was sealed to. */
async function opened(envelope, kind) {
  const mine = await pairs(session);
  if (!mine.length) throw Object.assign(new Error(), { sentence: say("desk.ticket.locked_out") });
  for (const pair of mine) {
    try {
      return await open(decode(envelope), kind, id, pair);
    } catch {
      // sealed to another one of my keys
    }
  }
  throw Object.assign(new Error(), { sentence: say("desk.ticket.other_key") });
}

async function release(kind) {
  const { copies } = await ask(`${here}/open`, { kind });
  if (!copies.length) throw Object.assign(new Error(), { sentence: say("desk.ticket.other_key") });
  return Promise.all(copies.map(async ({ at, envelope }) => ({ at, text: await opened(envelope, kind) })));
}

function facts(rows) {
  const list = element("dl", "facts");
  for (const [term, value] of rows) if (value) list.append(element("dt", "", term), element("dd", "", value));
  return list;
}

const member = (stem, name) => say(`${stem}.${name}`);

function showCard(place, [{ text }]) {
  const card = JSON.parse(text);
  const yes = (value) => say(value ? "desk.ticket.yes" : "desk.ticket.no");
  const rows = [
    [say("desk.ticket.card.need"), member("desk.ticket.need", card.kind)],
    [say("desk.ticket.card.for"), member("desk.ticket.for", card.for)],
  ];
  if (card.elsewhere) rows.push([say("desk.ticket.card.elsewhere"), say(card.representative ? "desk.ticket.card.represented" : "desk.ticket.yes")]);
  if (card.windows) {
    rows.push(
      [say("desk.ticket.card.windows"), `${card.windows.map((name) => member("desk.ticket.window", name)).join(", ")} (${card.zone})`],
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
  const contact = document.querySelector("[data-open=contact]");
  if (contact) contact.disabled = false; // the card comes before the number
}

function showContact(place, [{ text }]) {
  const contact = JSON.parse(text);
  if (contact.way === "here") {
    way = contact;
    place.replaceChildren(element("p", "", say("desk.ticket.contact.here", { channel: contact.channel })));
    const send = document.querySelector("[name=by][value=relay]");
    if (send) send.disabled = false;
    const why = document.getElementById("relay-why");
    if (why) why.hidden = true;
    preview();
    return;
  }
  const number = element("p", "big-number", contact.number);
  place.replaceChildren(number);
  if (contact.someone_else) place.append(element("p", "notice amber", say("desk.ticket.contact.someone_else")));
  place.append(element("p", "small", say("desk.ticket.contact.rules")));
  const tried = document.getElementById("tried");
  if (tried) tried.hidden = false;
}

function showNotes(place, notes) {
  place.replaceChildren(
    ...notes.map(({ at, text }) => {
      const shown = element("div");
      shown.append(element("p", "small", at), element("p", "note-text", text));
      return shown;
    }),
  );
}

const SHOW = { card: showCard, contact: showContact, note: showNotes };

for (const button of document.querySelectorAll("[data-open]")) {
  button.addEventListener("click", async () => {
    const kind = button.dataset.open;
    const place = button.closest("[data-sealed]").querySelector(".opened");
    tell("");
    button.disabled = true;
    try {
      SHOW[kind](place, await release(kind));
      place.hidden = false;
      button.hidden = true;
      share();
    } catch (problem) {
      button.disabled = false;
      tell(problem.sentence ?? problem.message);
    }
  });
}

/** Wrap for those who may read this ticket and cannot yet: at an escalation, a hand-over, a new key. */
async function share() {
  const { missing } = await ask(`${here}/wraps`).catch(() => ({ missing: [] }));
  if (!missing.length) return;
  const mine = await pairs(session);
  const wraps = {};
  for (const { item, kind, envelope, keys } of missing) {
    for (const pair of mine) {
      const made = await Promise.all(keys.map((key) => rewrap(decode(envelope), kind, id, pair, decode(key)))).catch(() => null);
      if (made) wraps[item] = made.map((wrap) => encode(wrap));
    }
  }
  if (Object.keys(wraps).length) await ask(`${here}/wraps`, { wraps }).catch(() => {});
}

// --- answering ----------------------------------------------------------------------------------------------------------

const form = document.getElementById("answer");
const text = document.getElementById("text");
let stops = true;
let waiting;

async function preview() {
  const shown = document.getElementById("arrives");
  if (!text.value.trim()) {
    shown.hidden = true;
    stops = true;
    return;
  }
  const written = text.value;
  const found = await ask(`${here}/preview`, { text: written, channel: way?.channel ?? "" }).catch(() => null);
  if (!found || written !== text.value) return;
  shown.hidden = false;
  document.getElementById("arrives-text").textContent = found.text;
  document.getElementById("arrives-locked").textContent = found.locked;
  document.getElementById("arrives-cost").textContent = found.segments ? say("desk.ticket.segments", { segments: found.segments }) : "";
  stops = found.faults.some((fault) => fault.stops);
  document.getElementById("faults").replaceChildren(
    ...found.faults.map(({ part, rule, stops: hard }) =>
      element("li", hard ? "stops" : "", `${member("desk.ticket.rule", rule)}${part.trim() ? ` «${part.slice(0, 60)}»` : ""}`),
    ),
  );
}

text?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(preview, 350);
});

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  complain(form, "");
  const byRelay = event.submitter?.value === "relay";
  if (!text.value.trim()) return complain(form, say("desk.ticket.rule.empty"));
  await attempt(form, async () => {
    const version = Number(ticket.dataset.version);
    const envelope = encode(await seal(text.value, id, decode(ticket.dataset.public)));
    if (!byRelay) {
      await ask(`${here}/answer`, { envelope, version });
      return location.replace(`${root}${here}?done=answered`);
    }
    await preview();
    if (stops) throw Object.assign(new Error(), { sentence: say("desk.ticket.unfit") });
    const sent = { text: text.value, box: way.box, channel: way.channel, envelope, version };
    const { delivery, said } = await ask(`${here}/write`, sent);
    if (delivery === "sent") return location.replace(`${root}${here}?done=sent`);
    throw Object.assign(new Error(), { sentence: said });
  });
});

// --- what changed meanwhile ---------------------------------------------------------------------------------------------

addEventListener("queue", ({ detail }) => {
  const row = detail.find((each) => each.id === ticket.dataset.id);
  const gone = !row && ticket.dataset.mine === "1";
  if (gone || (row && String(row.version) !== ticket.dataset.version)) document.getElementById("changed").hidden = false;
});

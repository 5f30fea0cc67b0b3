// A request's page: how its card, its contact and its notes are shown.
// Never here: opening (sealed.js), rules (the server releases and refuses), answers (answer.js).
import { element, facts, member, notes, opening, sheet, showing } from "./sealed.js";
import { local } from "./times.js";
import { say } from "./words.js";

/** The first card says whom it is about, and how to reach them; one that was made anew by code takes the place of the latter only. */
function joined(texts) {
  const [{ kind, for: whom, elsewhere, representative }, last] = [texts[0], texts.at(-1)].map(({ text }) => JSON.parse(text));
  return { kind, for: whom, elsewhere, representative, ...last };
}

function showCard(place, { texts }) {
  const card = joined(texts);
  const yes = (value) => say(value ? "desk.ticket.yes" : "desk.ticket.no");
  const rows = [];
  if (card.kind) rows.push([say("desk.ticket.card.need"), member("desk.ticket.need", card.kind)]);
  if (card.for) rows.push([say("desk.ticket.card.for"), member("desk.ticket.for", card.for)]);
  if (card.elsewhere) rows.push([say("desk.ticket.card.elsewhere"), say(card.representative ? "desk.ticket.card.represented" : "desk.ticket.yes")]);
  if (card.windows) {
    // The hours may have been changed by code since: those count that the server holds us to.
    const windows = sheet.dataset.windows ? sheet.dataset.windows.split(" ") : card.windows;
    const zone = sheet.dataset.zone || card.zone;
    rows.push([say("desk.ticket.card.windows"), `${windows.map((name) => member("desk.ticket.window", name)).join(", ")} (${zone})`]);
  }
  if (card.windows && sheet.dataset.way === "phone") {
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

showing({ card: showCard, contact: showContact, note: (place, { texts }) => notes(place, texts, local) }, closeContact);

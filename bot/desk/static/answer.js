// Writing an answer: exactly what would arrive, what is wrong with it, and the two ways it goes.
// Never here: opening (ticket.js), rules about words (the server's).
import { attempt, complain } from "./forms.js";
import { ask, decode, encode, root } from "./page.js";
import { seal } from "./sealing.js";
import { element, failure, here, id, member, sheet, version } from "./sealed.js";
import { say } from "./words.js";

const form = document.getElementById("answer");
const text = document.getElementById("text");
const publicKey = decode(sheet.dataset.public);
const byRelay = form.querySelector("[value=relay]");
let way = null; // the opened contact of "write to me here": {channel, box, item}
let stops = true;
let waiting;

for (const button of form.querySelectorAll("[value=code], [value=ask]")) button.disabled = false; // nothing of a text leaves where this script did not come

addEventListener("way", ({ detail }) => {
  way = detail;
  if (byRelay) byRelay.disabled = !way;
  const why = document.getElementById("relay-why");
  if (why) why.hidden = Boolean(way);
  preview();
});

async function preview() {
  const shown = document.getElementById("arrives");
  const written = text.value;
  if (!written.trim()) {
    shown.hidden = stops = true;
    return;
  }
  const found = await ask(`${here}/preview`, { text: written, channel: way?.channel ?? "" }).catch(() => null);
  if (!found) {
    stops = true;
    return;
  }
  if (written !== text.value) return;
  shown.hidden = false;
  document.getElementById("arrives-text").textContent = found.text;
  document.getElementById("arrives-locked").textContent = found.locked;
  document.getElementById("arrives-cost").textContent = found.segments ? say("desk.ticket.segments", { segments: found.segments }) : "";
  stops = found.faults.some((fault) => fault.stops);
  document.getElementById("faults").replaceChildren(
    ...found.faults.map(({ part, rule, stops: hard }) => {
      const told = element("li", hard ? "stops" : "", member("desk.ticket.rule", rule));
      if (part.trim()) told.append(" ", element("mark", "secret", part.slice(0, 60)));
      return told;
    }),
  );
}

text.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(preview, 350);
});
preview(); // of what was typed before this script came

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const relayed = event.submitter?.value === "relay";
  clearTimeout(waiting);
  if (!text.value.trim()) return complain(form, say("desk.ticket.rule.empty"));
  await attempt(form, async () => {
    const envelope = encode(await seal(text.value, id, publicKey).catch(() => Promise.reject(failure(say("desk.ticket.rule.too_long")))));
    if (relayed) {
      await preview();
      if (stops) throw failure(say("desk.ticket.unfit"));
    }
    // Of a complaint it is also said whether the text is a question that waits for the person.
    const asks = "asks" in form.dataset ? { asks: event.submitter?.value === "ask" } : {};
    const sent = { envelope, version: version(), ...asks };
    const { done } = relayed
      ? await ask(`${here}/write`, { ...sent, text: text.value, box: way.box, contact: way.item, channel: way.channel })
      : await ask(`${here}/answer`, sent);
    text.value = "";
    location.replace(`${root}${here}?done=${done}`);
  });
});

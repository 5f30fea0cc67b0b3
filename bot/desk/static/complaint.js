// A complaint's page, or its sheet: how what was chosen and written is shown, and passing it on to an investigation unit.
// Never here: opening (sealed.js), rules (the server releases and refuses), answers (answer.js).
import { attempt } from "./forms.js";
import { pairs } from "./keyring.js";
import { ask, root, session } from "./page.js";
import { element, facts, failure, here, member, notes, share, sheet, showing, version } from "./sealed.js";
import { local } from "./times.js";
import { count, say } from "./words.js";

const paperNote = document.querySelector("[data-after-yes]");

/** What the person was asked about: written when the complaint was sent, not what they added since. */
const atOnce = ({ at }) => Date.parse(at) === Date.parse(sheet.dataset.received);

function showCard(place, { texts: [{ text }] }) {
  const card = JSON.parse(text);
  const said = (value) => member("desk.complaint.said", value);
  const rows = [
    [say("desk.complaint.field.service"), card.service],
    [say("desk.complaint.field.whose"), card.whose, (value) => member("desk.complaint.whose", value)],
    [say("desk.complaint.field.place"), card.place],
    [say("desk.complaint.field.when"), card.when, (value) => member("desk.complaint.when", value)],
    [say("desk.complaint.field.danger"), card.danger, said],
    [say("desk.complaint.field.child"), card.child, said],
    [say("desk.complaint.field.help"), card.help, said],
    [say("desk.complaint.field.contact"), card.contact, said],
    [say("desk.complaint.field.paper"), card.paper, said],
  ];
  // On the sheet what was written stands only where the person said that it may leave on paper.
  if (paperNote) paperNote.hidden = card.paper !== "yes";
  // Feedback is asked for little: what was never asked is not "not said".
  const asked = rows.filter(([, value]) => value && (sheet.dataset.inbox === "psea" || value !== "unsaid"));
  if (!asked.length) return place.replaceChildren(element("p", "", say("desk.complaint.card.nothing")));
  place.replaceChildren(facts(asked.map(([term, value, shown = String]) => [term, shown(value)])));
}

showing({ card: showCard, note: (place, { texts }) => notes(place, paperNote ? texts.filter(atOnce) : texts, local) });

// From then on it exists for the unit; what it can open this browser makes.
for (const form of document.querySelectorAll("[data-forward]")) {
  form.querySelector("button").disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await attempt(form, async () => {
      if (!(await pairs(session)).length) throw failure(say("desk.ticket.locked_out"));
      await ask(`${here}/forward`, { organisation: form.elements.organisation.value, version: version() });
      const failed = await share();
      if (failed) throw failure(count("desk.complaint.failed", failed));
      location.replace(`${root}${here}?done=forwarded`);
    });
  });
}

// A complaint's page, or its sheet: how what was chosen and written is shown, and passing it on to an investigation unit.
// Never here: opening (sealed.js), rules (the server releases and refuses), answers (answer.js).
import { attempt } from "./forms.js";
import { pairs } from "./keyring.js";
import { ask, root, session } from "./page.js";
import { facts, failure, here, member, notes, share, showing, version } from "./sealed.js";
import { local } from "./times.js";
import { count, say } from "./words.js";

function showCard(place, { texts: [{ text }] }) {
  const card = JSON.parse(text);
  const said = (value) => member("desk.complaint.said", value);
  place.replaceChildren(
    facts([
      [say("desk.complaint.field.whose"), member("desk.complaint.whose", card.whose)],
      [say("desk.complaint.field.place"), card.place],
      [say("desk.complaint.field.when"), member("desk.complaint.when", card.when)],
      [say("desk.complaint.field.danger"), said(card.danger)],
      [say("desk.complaint.field.child"), said(card.child)],
      [say("desk.complaint.field.help"), said(card.help)],
      [say("desk.complaint.field.contact"), said(card.contact)],
    ]),
  );
}

showing({ card: showCard, note: (place, { texts }) => notes(place, texts, local) });

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

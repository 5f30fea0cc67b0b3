// The sender's side of a transfer: before it is proposed, what moves is wrapped for whoever receives it.
// Never here: rules; the server says what is missing and refuses what does not hold.
import { attempt, complain } from "./forms.js";
import { ask } from "./page.js";
import { say } from "./words.js";
import { wrapped } from "./wrapping.js";

const moving = document.getElementById("moving");
const id = Uint8Array.from(moving.dataset.ticket.match(/../g), (pair) => parseInt(pair, 16));
const here = `/moving/${moving.dataset.id}`;

/** Wrap and hand over; every form of the page then speaks of the ticket as it is afterwards. */
async function share() {
  const { wraps, failed } = await wrapped(`${here}/wraps`, id);
  if (failed) throw Object.assign(new Error(), { sentence: say("desk.moving.locked_out") });
  if (!Object.keys(wraps).length) return;
  const { version } = await ask(`${here}/wraps/${moving.dataset.version}`, { wraps });
  moving.dataset.version = version;
  for (const field of document.querySelectorAll("[name=version]")) field.value = version;
}

const propose = document.querySelector("[data-act=propose]");
propose?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await attempt(propose, share)) propose.submit();
});

// What only this browser lacks, it can do: the server leaves such a button shut for those who have no script.
for (const button of document.querySelectorAll("[data-wraps]")) button.disabled = false;

const section = document.getElementById("share");
section?.querySelector("button").addEventListener("click", async () => {
  const done = section.querySelector("[role=status]");
  done.hidden = true;
  complain(section, "");
  if (await attempt(section, share)) done.hidden = false;
});

// Forms that a script sends: what is wrong stands beside its field, and what was typed stays.
// Never here: what a form means, requests.
import { say } from "./words.js";

const complaintOf = (input) => document.getElementById(`${input.id}-wrong`);

/** Say what is wrong with a field, and go there. */
export function wrong(input, sentence) {
  const complaint = complaintOf(input);
  complaint.textContent = sentence;
  complaint.hidden = false;
  input.setAttribute("aria-invalid", "true");
  input.focus();
}

/** Say something about the whole form, in its element of role "alert". */
export function complain(form, sentence) {
  const place = form.querySelector("[role=alert]");
  place.textContent = sentence;
  place.hidden = !sentence;
}

/** Take back everything that was said about a form. */
export function calm(form) {
  complain(form, "");
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    complaintOf(input).hidden = true;
  }
}

/**
 * Run `act` while the form's buttons rest. What it raises is said in the form: its `sentence`, or that of NotDone; anything else
 * is a fault of the page, said as one and raised. Gives false when it was not done.
 */
export async function attempt(form, act) {
  const buttons = [...form.querySelectorAll("button")].filter((button) => !button.disabled);
  calm(form);
  form.setAttribute("aria-busy", "true");
  for (const button of buttons) button.disabled = true;
  try {
    await act();
    return true;
  } catch (problem) {
    const known = problem.sentence !== undefined || problem.status !== undefined;
    complain(form, known ? (problem.sentence ?? problem.message) : say("desk.common.broken"));
    if (!known) throw problem;
    return false;
  } finally {
    form.removeAttribute("aria-busy");
    for (const button of buttons) button.disabled = false;
  }
}

// What is typed into a field of a passphrase can be looked at.
for (const box of document.querySelectorAll("[data-shows]")) {
  const field = document.getElementById(box.dataset.shows);
  box.addEventListener("change", () => {
    field.type = box.checked ? "text" : "password";
  });
  field.form.addEventListener("reset", () => {
    field.type = "password";
  });
}

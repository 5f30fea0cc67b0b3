// The live list. The server says only that something changed; the rows are then asked for, and drawn in place.
// Never here: what a row may say (the server's words), what is in the list (requests, complaints, feedback).
import { ask, root } from "./page.js";
import { count, say } from "./words.js";

const list = document.getElementById("queue");
const pattern = document.getElementById("row");
const news = document.getElementById("news");
const fresh = document.getElementById("fresh");
const path = list.dataset.path; // "/queue", "/complaints", "/feedback": its rows and its stream
const groups = [...list.querySelectorAll("[data-group]")];
let known = new Set([...list.querySelectorAll("[data-id]")].map((row) => row.dataset.id));
let asking = false;
let again = false;

function drawn(row, old) {
  const made = old ?? pattern.content.firstElementChild.cloneNode(true);
  made.dataset.id = row.id;
  made.classList.toggle("urgent", row.urgent);
  const link = made.querySelector("a");
  link.setAttribute("href", row.href);
  if (row.id === list.dataset.current) link.setAttribute("aria-current", "true");
  for (const [part, text] of [[".ticket-head .code", row.reference], [".ticket-about", row.about], [".ticket-waits", row.waits]]) {
    const place = made.querySelector(part);
    if (place.textContent !== text) place.textContent = text; // what did not change is not read out again
  }
  for (const flag of made.querySelectorAll("[data-flag]")) flag.hidden = !row[flag.dataset.flag];
  return made;
}

/** The rows of a group in their order; a row that stays where it is is not touched, so that nobody loses their place in it. */
function place(list, rows) {
  let at = list.firstElementChild;
  for (const row of rows) {
    if (row === at) at = at.nextElementSibling;
    else list.insertBefore(row, at);
  }
  while (at) {
    const next = at.nextElementSibling;
    at.remove();
    at = next;
  }
}

function draw({ rows, incoming }) {
  const old = new Map([...list.querySelectorAll(".tickets [data-id]")].map((row) => [row.dataset.id, row]));
  const focused = document.activeElement?.closest?.("[data-id]")?.dataset.id;
  for (const section of groups) {
    const { group } = section.dataset;
    const inside = rows.filter((row) => row.group === group);
    place(section.querySelector(".tickets"), inside.map((row) => drawn(row, old.get(row.id))));
    section.querySelector("[data-count]").textContent = inside.length || "";
    const empty = section.querySelector("[data-empty]");
    section.hidden = !inside.length && !empty;
    if (empty) empty.hidden = inside.length > 0;
  }
  const lost = focused && list.querySelector(`[data-id="${focused}"] a`);
  if (lost && lost !== document.activeElement) lost.focus({ preventScroll: true });
  const asked = document.getElementById("incoming");
  if (asked) asked.hidden = !incoming;
  const arrived = rows.filter((row) => row.group === "waiting" && !known.has(row.id));
  if (arrived.length) {
    const urgent = arrived.some((row) => row.urgent) ? ` ${say("desk.queue.news.urgent")}` : "";
    news.textContent = count(path === "/queue" ? "desk.queue.news" : "desk.complaints.news", arrived.length) + urgent;
  }
  known = new Set(rows.map((row) => row.id));
  dispatchEvent(new CustomEvent("queue", { detail: rows }));
}

async function refresh() {
  again = asking;
  if (asking) return;
  asking = true;
  try {
    draw(await ask(`${path}/rows${list.dataset.query ?? ""}`));
    fresh.hidden = navigator.onLine; // what was on its way when the connection went says nothing about now
  } catch {
    fresh.hidden = false; // the list stays, and says that it may be old
  }
  asking = false;
  if (again) refresh();
}

let stream;
function listen() {
  stream = new EventSource(`${root}${path}/events`);
  stream.addEventListener("changed", refresh);
  stream.addEventListener("open", refresh);
  stream.addEventListener("over", () => {
    stream.close();
    refresh(); // is told that the session is over, and leaves
  });
  stream.addEventListener("error", () => {
    fresh.hidden = false;
  });
}
listen();
setInterval(() => {
  refresh(); // waiting times grow although nothing changes
  if (stream.readyState === EventSource.CLOSED) listen(); // an answer that was no stream ends it for good
}, 30000);
// A stream that is cut off without a word notices nothing for minutes; the browser knows at once.
addEventListener("offline", () => {
  fresh.hidden = false;
});
addEventListener("online", refresh);
addEventListener("pagehide", () => stream.close());

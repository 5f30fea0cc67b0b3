// Leaving: by itself after a while without activity, by "close and clear", because another tab left. Nothing stays behind.
// On every page of somebody who is signed in. Never here: what a page shows, how keys are kept.
import { wipe } from "./keyring.js";
import { ask, root } from "./page.js";
import { count } from "./words.js";

const page = document.documentElement;
const LONGEST = Number(page.dataset.idle) * 1000;
const WARNING = 120_000; // before the end
const TOLD_EVERY = 60_000; // the server hears of activity at most this often
const CLOCK = 1000;
const SIGN_OUT_WAIT = 3000; // for the server's word; then the page goes in any case

const tabs = new BroadcastChannel("desk");
const soon = document.getElementById("idle-soon");
const left = document.getElementById("idle-left");
let last = Date.now();
let told = last;
let going = false;

async function go(path, tell) {
  if (going) return;
  going = true;
  page.classList.add("gone");
  if (tell) tabs.postMessage("left");
  const ended = tell
    ? ask("/sign-out", {}, "POST", { keepalive: true, signal: AbortSignal.timeout(SIGN_OUT_WAIT) }).catch(() => {})
    : undefined;
  await Promise.all([wipe(), ended]);
  location.replace(root + path);
}

function active() {
  if (going) return;
  const now = Date.now();
  if (now - last >= LONGEST) return tick(); // too late: whoever comes back now has to sign in
  if (now - last >= CLOCK) tabs.postMessage("active");
  last = now;
  if (soon.open) soon.close();
  if (now - told >= TOLD_EVERY) {
    told = now;
    ask("/awake", {}).catch(() => {});
  }
}

function tick() {
  const rest = LONGEST - (Date.now() - last);
  if (rest <= 0) return void go("/sign-in?why=idle", true);
  if (rest > WARNING) return void (soon.open && soon.close());
  left.textContent = count("desk.common.seconds", Math.ceil(rest / 1000));
  if (!soon.open && !document.hidden) soon.showModal();
}

tabs.addEventListener("message", ({ data }) => {
  if (data === "left") go("/left", false);
  if (data === "active") {
    last = told = Date.now();
    if (soon.open) soon.close();
  }
});
addEventListener("signedout", () => go("/sign-in?why=over", false));
for (const what of ["pointerdown", "keydown", "wheel", "touchstart"]) addEventListener(what, active, { passive: true });
document.getElementById("stay").addEventListener("click", active);
document.getElementById("leave").addEventListener("submit", (event) => {
  event.preventDefault();
  go("/left", true);
});
setInterval(tick, CLOCK);

// A page that comes back out of the browser's memory is asked for anew: the server says whether it may still be seen.
addEventListener("pagehide", () => page.classList.add("gone"));
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

// What is secret is blurred while somebody looks elsewhere.
const away = () => page.classList.toggle("away", document.hidden || !document.hasFocus());
for (const what of ["blur", "focus"]) addEventListener(what, away);
document.addEventListener("visibilitychange", () => {
  away();
  tick();
});
away();

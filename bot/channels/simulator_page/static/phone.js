// The phone in the page: three phones (Telegram-like, SMS, WhatsApp-like), each with an address of its own that lives in this
// script's memory and nowhere else. What Faro says comes from the server; nothing is decided here.

import { count } from "./gsm7.js";

const known = JSON.parse(document.getElementById("known").textContent);
const LOCALES = { es: "es-419", en: "en", pt: "pt-BR" };
const PREVIEW = 40;
const at = (id) => document.getElementById(id);
const all = (selector, inside = document) => Array.from(inside.querySelectorAll(selector));

let lang = document.documentElement.lang;

// --- words: every label knows its id, so that the language can change in place ------------------------------------------

const fillings = new WeakMap();

function say(id, filled = {}) {
  return known.words[lang][id].replace(/\{(\w+)\}/g, (whole, name) => (name in filled ? String(filled[name]) : whole));
}

/** Give an element its words. `fill` makes the values of {names}, again at each change of language. */
function label(element, id, fill) {
  element.dataset.say = id;
  if (fill) fillings.set(element, fill);
  else fillings.delete(element);
  element.textContent = say(id, fill ? fill() : {});
  return element;
}

function speak(code) {
  lang = code;
  document.documentElement.lang = code;
  for (const button of all("[data-lang]")) button.setAttribute("aria-pressed", String(button.dataset.lang === code));
  for (const element of all("[data-say]")) label(element, element.dataset.say, fillings.get(element));
  for (const element of all("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  for (const element of all("[data-hint]")) element.placeholder = say(element.dataset.hint);
  for (const element of all("[data-title]")) element.title = say(element.dataset.title);
  nameCountries();
  tick();
  draw();
}

const money = (amount) =>
  new Intl.NumberFormat(LOCALES[lang], { style: "currency", currency: known.currency, currencyDisplay: "code" }).format(amount);

function nameCountries() {
  const names = new Intl.DisplayNames([LOCALES[lang]], { type: "region" });
  for (const option of all("#country option[value]:not([value=''])")) option.textContent = names.of(option.value);
}

// --- the three phones ---------------------------------------------------------------------------------------------------

class Phone {
  constructor(channel) {
    this.channel = channel;
    this.log = document.querySelector(`[data-log="${channel}"]`);
    this.gone = false; // another phone took its place
    this.address = null;
    this.turns = Promise.resolve();
    this.last = null; // what was delivered last, for a second delivery
    this.mine = null; // the person's last bubble
    this.carrier = null; // the bubble whose button was pressed last
    this.opening = ""; // of Faro's last message
    this.offered = "";
    this.emptied = false;
    this.cost = { faro: { messages: 0, segments: 0, price: 0 }, person: { messages: 0, segments: 0 } };
    this.rows = [];
    this.log.replaceChildren(suggestions());
  }

  async dial() {
    this.address ??= post("/simulator/phone", {}).then((answer) => answer.phone);
    try {
      return await this.address;
    } catch (problem) {
      this.address = null;
      throw problem;
    }
  }
}

let phones = {};
let present;

class Refused extends Error {}

async function post(path, body, more = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      ...more,
    });
  } catch {
    throw new Refused(say("offline"));
  }
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(json.error || say("refused"));
  return json;
}

/** Hand one message of the person to the server, after those before it, and show what comes back. */
function deliver(phone, message, bubble, carrier, again = false) {
  const sent = { channel: phone.channel, lang, country: phone.channel === "telegram" ? "" : at("country").value, ...message };
  sent.id ??= crypto.randomUUID();
  phone.turns = phone.turns.then(async () => {
    if (phone.gone) return;
    phone.log.setAttribute("aria-busy", "true");
    carrier?.classList.add("waiting");
    try {
      const answer = await post("/simulator/message", { ...sent, phone: await phone.dial() });
      if (phone.gone) return;
      phone.last = { message: sent, carrier };
      if (again) phone.log.append(label(element("p", "network"), "again.done"));
      receive(phone, answer, bubble, carrier);
      await look(phone);
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      if (phone.gone) return;
      bubble?.classList.add("failed");
      bubble?.querySelector(".foot")?.append(label(element("span"), "not_delivered"));
      const note = element("p", "network problem");
      note.setAttribute("role", "alert");
      note.textContent = problem.message;
      phone.log.append(note);
    }
    carrier?.classList.remove("waiting");
    phone.log.removeAttribute("aria-busy");
    follow(phone);
    draw();
  });
  return phone.turns;
}

function receive(phone, answer, bubble, carrier) {
  if (answer.sent) {
    phone.cost.person.segments += answer.sent.segments;
    bubble?.querySelector(".foot")?.prepend(sentCost(answer.sent));
  }
  phone.cost.person.messages += 1;
  bubble?.classList.add("arrived");
  for (const message of answer.messages) {
    if (answer.edit && carrier?.isConnected) redraw(phone, carrier, message, answer.lang);
    else phone.log.append(theirs(phone, message, answer.lang));
    phone.opening = Array.from(message.text).slice(0, PREVIEW).join("");
    phone.offered = message.location_label;
    phone.cost.faro.messages += 1;
    if (message.sms) {
      phone.cost.faro.segments += message.sms.segments;
      phone.cost.faro.price += Number(message.sms.price);
    }
  }
  if (answer.left) phone.offered = "";
  if (answer.forget) {
    phone.log.replaceChildren();
    phone.emptied = true;
    phone.opening = "";
    phone.mine = phone.last = null;
  }
}

function sentCost({ segments }) {
  const shown = element("span", "cost");
  shown.textContent = `${segments} SMS`;
  return shown;
}

async function look(phone) {
  if (!known.keeps) return;
  const asked = { phone: await phone.dial(), channel: phone.channel };
  phone.rows = (await post("/simulator/kept", asked).catch(() => ({ rows: null }))).rows; // null: not known
}

// --- bubbles ------------------------------------------------------------------------------------------------------------

function element(name, classes = "") {
  const made = document.createElement(name);
  made.className = classes;
  return made;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

let ahead = 0; // milliseconds that the clock of the demo is ahead of the real one
const today = () => new Date(Date.now() + ahead);
const clock = () => new Intl.DateTimeFormat(LOCALES[lang], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(today());

function time() {
  const shown = element("time");
  shown.textContent = clock();
  return shown;
}

function mine(phone, kind, text) {
  const bubble = element("div", `bubble mine ${kind}`);
  bubble.append(label(element("span", "unseen"), "from.me"));
  const said = element("p", "said");
  if (kind === "text") said.textContent = text;
  else if (kind === "location") {
    bubble.append(element("div", "map"));
    bubble.lastChild.append(icon("location"));
    if (known.words[lang][text]) label(said, text);
    else said.textContent = text;
  } else said.append(icon(kind), label(element("span"), `attachment.${kind}`));
  const foot = element("div", "foot");
  foot.append(time());
  bubble.append(said, foot);
  phone.log.querySelector(".suggestions")?.remove();
  phone.log.append(bubble);
  phone.mine = bubble;
  follow(phone);
  return bubble;
}

function theirs(phone, message, spoken) {
  const bubble = element("div", "bubble theirs");
  bubble.tabIndex = -1;
  fill(phone, bubble, message, spoken);
  return bubble;
}

function fill(phone, bubble, message, spoken) {
  const body = element("div", "body");
  const said = element("p", "said");
  said.lang = spoken || lang;
  said.textContent = message.text;
  const foot = element("div", "foot");
  if (message.sms) {
    const { segments, encoding, price } = message.sms;
    const id = encoding === "gsm7" ? "bubble" : "bubble.wide";
    foot.append(label(element("span", "cost"), id, () => ({ segments, price: money(price) })));
  }
  foot.append(time());
  body.append(label(element("span", "unseen"), "from.faro"), said, foot);
  const keys = element("div", "keys");
  keys.lang = spoken || lang;
  for (const row of message.rows) {
    const line = element("div", "row");
    for (const { label: words, data } of row) {
      const key = element("button", "key");
      key.type = "button";
      key.textContent = words;
      key.addEventListener("click", (event) => press(phone, bubble, data, event.detail === 0));
      line.append(key);
    }
    keys.append(line);
  }
  bubble.replaceChildren(body, ...(message.rows.length ? [keys] : []));
}

function redraw(phone, bubble, message, spoken) {
  fill(phone, bubble, message, spoken);
  bubble.querySelector(".foot").prepend(label(element("span"), "edited"));
}

function press(phone, bubble, data, byKeyboard) {
  deliver(phone, { kind: "press", data }, null, bubble).then(() => {
    // The pressed button is gone: the keyboard goes on from the message that took its place.
    if (!byKeyboard || phone !== present) return;
    if (phone.emptied) at("chats").querySelector("h2").focus();
    else (bubble.isConnected ? bubble : phone.log.lastElementChild)?.focus();
  });
}

/** Scroll to what is new: the opening of Faro's message where it is longer than the screen, else the end. */
function follow(phone) {
  const last = phone.log.lastElementChild;
  if (!last) return;
  const tall = last.classList.contains("theirs") && last.offsetHeight > phone.log.clientHeight;
  phone.log.scrollTop = tall ? last.offsetTop - phone.log.offsetTop - 8 : phone.log.scrollHeight;
}

function suggestions() {
  const box = element("div", "suggestions");
  box.append(label(element("p"), "empty"));
  for (const id of ["try.hello", "try.need", "try.place"]) {
    const chip = label(element("button", "chip"), id);
    chip.type = "button";
    chip.addEventListener("click", () => write(say(id)));
    box.append(chip);
  }
  return box;
}

// --- beside the phone: what people on duty write, the clock of the demo, the rows that are stored now -----------------------

/** Messages that nobody asked for at this moment: only a person on duty writes them, to whoever wanted it. */
async function collect() {
  for (const phone of Object.values(phones)) {
    if (!phone.address || phone.gone) continue;
    const asked = { phone: await phone.dial(), channel: phone.channel };
    const { messages } = await post("/simulator/inbox", asked);
    for (const message of messages) {
      phone.emptied = false;
      phone.log.append(theirs(phone, message, ""));
      phone.opening = Array.from(message.text).slice(0, PREVIEW).join("");
      phone.cost.faro.messages += 1;
      if (message.sms) {
        phone.cost.faro.segments += message.sms.segments;
        phone.cost.faro.price += Number(message.sms.price);
      }
      follow(phone);
    }
    if (messages.length) draw();
  }
}

let storedNow = "";

async function showStored() {
  const { tables } = await post("/simulator/stored", {});
  const news = JSON.stringify(tables) + lang;
  if (news === storedNow) return;
  storedNow = news;
  const open = new Set(all("#stored details[open]").map((shown) => shown.dataset.table));
  const filled = tables.filter(({ count }) => count);
  at("stored").replaceChildren(
    ...(filled.length ? filled.map((table) => tableOf(table, open)) : [label(element("p"), "stored.none")]),
  );
}

function tableOf({ table, count, rows }, open) {
  const shown = element("details");
  shown.dataset.table = table;
  shown.open = open.has(table) || table === "ticket" || table === "sealed_item";
  const head = element("summary");
  const name = element("code");
  name.textContent = table;
  head.append(name, label(element("span"), "stored.rows", () => ({ count })));
  const list = element("ol");
  for (const row of rows) {
    const line = element("li");
    const fields = element("dl");
    for (const [column, value] of row) {
      const term = element("dt");
      const held = element("dd");
      term.textContent = column;
      held.textContent = value;
      fields.append(term, held);
    }
    line.append(fields);
    list.append(line);
  }
  shown.append(head, list);
  return shown;
}

async function putForward(minutes) {
  ahead = (await post("/simulator/clock", { minutes })).ahead * 1000;
  tick();
}

async function beside() {
  if (document.hidden) return;
  if (known.inbox) await collect().catch(() => {});
  if (known.stored) await showStored().catch(() => {});
}

// --- what the person does -----------------------------------------------------------------------------------------------

/** Send a text; one that is longer than a message is cut as phones cut it. */
function write(text) {
  const letters = Array.from(text);
  const limit = known.limits[present.channel];
  for (let start = 0; start < Math.max(letters.length, 1); start += limit) {
    const part = letters.slice(start, start + limit).join("");
    deliver(present, { kind: "text", text: part }, mine(present, "text", part));
  }
}

function attach(kind) {
  if (kind === "location") return open("points");
  close("kinds");
  if (kind === "edited" && present.mine?.isConnected) {
    present.mine.querySelector(".foot").prepend(label(element("span"), "edited"));
    deliver(present, { kind }, present.mine);
  } else deliver(present, { kind }, mine(present, kind));
}

function share(lat, lon, name) {
  close("points");
  deliver(present, { kind: "location", lat, lon }, mine(present, "location", name));
}

function shareTyped(text) {
  const found = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  const [lat, lon] = found ? [Number(found[1]), Number(found[2])] : [NaN, NaN];
  if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return wrong("share.wrong");
  return share(lat, lon, `${lat}, ${lon}`);
}

function shareMine() {
  if (!navigator.geolocation) return wrong("share.denied");
  return navigator.geolocation.getCurrentPosition(
    ({ coords }) => share(coords.latitude, coords.longitude, "share.mine"),
    () => wrong("share.denied"),
    { maximumAge: 0, timeout: 15000 },
  );
}

function wrong(id) {
  label(at("wrong"), id);
  at("pair").setAttribute("aria-invalid", "true");
  at("pair").focus();
}

// --- sheets: they cover the phone, not the page -------------------------------------------------------------------------

function open(id) {
  for (const sheet of all("dialog[open]")) sheet.close();
  at("conversation").inert = true;
  at("wrong").textContent = "";
  delete at("wrong").dataset.say;
  at("pair").removeAttribute("aria-invalid");
  at(id).show();
  at(id).querySelector("li:not([hidden]) button").focus();
}

function close(id) {
  at(id).close();
  at("conversation").inert = false;
  at("pair").value = "";
  at("text").focus();
}

// --- drawing ------------------------------------------------------------------------------------------------------------

function draw() {
  const { channel, cost, opening, offered, emptied, rows } = present;
  at("phone").dataset.channel = channel;
  for (const phone of Object.values(phones)) phone.log.hidden = phone !== present;
  at("conversation").hidden = emptied;
  at("chats").hidden = !emptied;
  label(at("under"), `under.${channel}`);
  label(at("after"), `after.${channel}`);
  at("number").hidden = channel === "telegram";
  at("again").disabled = present.last === null;
  at("offer").hidden = !offered;
  at("offer").lastElementChild.textContent = offered;
  for (const item of all("#kinds [data-kind]")) item.hidden = !known.attachments[channel].includes(item.dataset.kind);

  at("note").classList.toggle("quiet", !opening);
  if (opening) {
    delete at("preview").dataset.say;
    at("preview").textContent = opening;
  } else label(at("preview"), "lock.none");

  const sms = channel === "sms";
  const messages = (n) => say(n === 1 ? "costs.texts.one" : "costs.texts", { count: n });
  at("cost-faro").textContent = sms
    ? say("bubble", { segments: cost.faro.segments, price: money(cost.faro.price) })
    : messages(cost.faro.messages);
  at("cost-person").textContent = sms ? `${cost.person.segments} SMS` : messages(cost.person.messages);
  label(at("cost-why"), sms ? "costs.own" : "costs.free");

  at("kept").hidden = !known.keeps || rows === null;
  at("kept-rows").replaceChildren(
    ...(rows?.length
      ? rows.map(({ size, seconds }) =>
          label(element("li"), "kept.row", () => ({ bytes: size, minutes: Math.ceil(seconds / 60) })),
        )
      : [label(element("li"), "kept.none")]),
  );
  measure();
}

function measure() {
  const shown = present.channel === "sms";
  at("counter").hidden = !shown;
  if (!shown) return;
  const { wide, ...figures } = count(at("text").value);
  label(at("counter"), wide ? "counter.wide" : "counter", () => figures);
}

function tick() {
  for (const shown of all(".clock")) shown.textContent = clock();
  const day = new Intl.DateTimeFormat(LOCALES[lang], { weekday: "long", day: "numeric", month: "long" }).format(today());
  for (const shown of all(".day")) shown.textContent = day;
}

// --- leaving the page ---------------------------------------------------------------------------------------------------

/** Wipe every conversation of this page, here and on the server, and put a blank page in its place (no history entry). */
async function leave() {
  for (const phone of Object.values(phones)) {
    phone.log.replaceChildren();
    if (!phone.address) continue;
    const address = await phone.address.catch(() => null);
    const goodbye = { channel: phone.channel, phone: address, kind: "text", text: "0", id: crypto.randomUUID(), lang };
    if (address) post("/simulator/message", goodbye, { keepalive: true }).catch(() => {});
  }
  document.body.replaceChildren();
  location.replace("/simulator/left");
}

// --- start --------------------------------------------------------------------------------------------------------------

phones = Object.fromEntries(["telegram", "sms", "whatsapp"].map((channel) => [channel, new Phone(channel)]));
present = phones.telegram;
document.querySelector("[name=phone][value=telegram]").checked = true;
at("country").value = { es: "CO", en: "TT", pt: "BR" }[lang];

at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = at("text").value;
  at("text").focus();
  if (!text.trim()) return;
  at("text").value = "";
  measure();
  write(text);
});
at("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("composer").requestSubmit();
});
at("text").addEventListener("input", measure);
at("attach").addEventListener("click", () => open("kinds"));
at("offer").addEventListener("click", () => open("points"));
at("kinds").addEventListener("click", (event) => {
  const button = event.target.closest("button[value]");
  if (button) attach(button.value);
});
at("points").addEventListener("click", (event) => {
  const chosen = event.target.closest("button[value]")?.value;
  if (!chosen) return;
  if (chosen === "mine") return void shareMine();
  const { lat, lon, name } = known.presets.find((point) => point.name === chosen);
  share(lat, lon, `place.${name}`);
});
at("coordinates").addEventListener("submit", (event) => {
  event.preventDefault();
  shareTyped(at("pair").value);
});
for (const sheet of all("dialog")) {
  sheet.addEventListener("keydown", (event) => event.key === "Escape" && close(sheet.id));
  sheet.querySelector("[data-cancel]").addEventListener("click", () => close(sheet.id));
}
for (const choice of all("[name=phone]")) {
  choice.addEventListener("change", () => {
    for (const sheet of all("dialog[open]")) sheet.close();
    at("conversation").inert = false;
    present = phones[choice.value];
    draw();
    follow(present);
  });
}
for (const button of all("[data-lang]")) button.addEventListener("click", () => speak(button.dataset.lang));
at("again").addEventListener("click", () => {
  if (present.last) deliver(present, present.last.message, null, present.last.carrier, true);
});
at("new").addEventListener("click", () => {
  present.gone = true;
  present = phones[present.channel] = new Phone(present.channel);
  draw();
  at("text").focus();
});
at("start").addEventListener("click", () => {
  present.emptied = false;
  present.log.replaceChildren(suggestions());
  draw();
  at("text").focus();
});
at("skip").addEventListener("click", (event) => {
  event.preventDefault();
  at("text").focus();
});
at("close").addEventListener("click", leave);
addEventListener("pageshow", (event) => event.persisted && location.reload());
setInterval(tick, 10000);
for (const button of all("[data-minutes]")) button.addEventListener("click", () => putForward(Number(button.dataset.minutes)));
if (known.clock) putForward(0).catch(() => {});
if (known.inbox || known.stored) {
  beside();
  setInterval(beside, 2500);
}
nameCountries();
tick();
draw();

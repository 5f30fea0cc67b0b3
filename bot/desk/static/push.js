// Asking this browser for its subscription to alerts. The form then sends it, and a code comes back as the first alert.
import { attempt } from "./forms.js";
import { decode, root } from "./page.js";
import { say } from "./words.js";

const form = document.getElementById("push");
const WORKER = `${root}/static/worker.js`;
const failure = (id) => Object.assign(new Error(), { sentence: say(id) });

/** The worker's address, as the policy of this page wants it: this one and no other. */
function workerAddress() {
  const make = globalThis.trustedTypes?.createPolicy("desk-worker", {
    createScriptURL(url) {
      if (url !== WORKER) throw new TypeError("this is not the worker of alerts");
      return url;
    },
  });
  return make ? make.createScriptURL(WORKER) : WORKER;
}

async function subscription() {
  if ((await Notification.requestPermission()) !== "granted") throw failure("desk.alerts.push.denied");
  const registered = await navigator.serviceWorker.register(address);
  const active = registered.active ?? (await activated(registered.installing ?? registered.waiting));
  if (!active) throw failure("desk.alerts.push.failed");
  return registered.pushManager
    .subscribe({ userVisibleOnly: true, applicationServerKey: decode(form.dataset.key) })
    .catch(() => {
      throw failure("desk.alerts.push.failed");
    });
}

const activated = (worker) =>
  new Promise((resolve) => {
    worker.addEventListener("statechange", () => worker.state === "activated" && resolve(worker));
    if (worker.state === "activated") resolve(worker);
  });

const possible = "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
const address = possible ? workerAddress() : null;
form.hidden = !possible;
document.getElementById("impossible").hidden = possible;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await attempt(form, async () => {
    form.elements.address.value = JSON.stringify(await subscription());
    form.submit();
  });
});

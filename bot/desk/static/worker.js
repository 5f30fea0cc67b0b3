// Shows an alert to staff: the text as it comes, which says that something waits and nothing else. It knows no page and no key.

self.addEventListener("push", (event) => {
  const text = event.data?.text().trim();
  // One notice takes the place of the one before it.
  if (text) event.waitUntil(self.registration.showNotification("Faro", { body: text, tag: "waiting", renotify: true }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(new URL("../", self.location.href).pathname));
});

// Times as the clock of whoever reads shows them; without script the page says them in UTC.
// Never here: lengths of time (the server's words).
const shown = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

/** The instant of an ISO text, for a reader. */
export const local = (text) => shown.format(new Date(text));

for (const each of document.querySelectorAll("time[datetime]")) each.textContent = local(each.dateTime);

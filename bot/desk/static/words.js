// Sentences for scripts: the server puts those that a page's scripts name into the page.
// Never here: a sentence, a page.

const known = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

/** The entry `id` in the page's language, with {names} filled in. */
export function say(id, given = {}) {
  const text = known[id];
  if (text === undefined) throw new Error(`the entry ${id} was not sent with this page`);
  return text.replace(/\{([a-z_]+)\}/g, (_, name) => String(given[name]));
}

/** The entry `id`.one or `id`.other. */
export const count = (id, number, given = {}) => say(`${id}.${number === 1 ? "one" : "other"}`, { ...given, number });

// What every script of the desk needs of its page and of the server.
// Never here: what one page does, keys.
import { say } from "./words.js";

const facts = document.documentElement.dataset;

/** Path under which the desk is mounted. */
export const root = facts.root;
/** Name of this desk session; empty when nobody is signed in. */
export const session = facts.session ?? "";
export const csrf = facts.csrf ?? "";

export const encode = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
export const decode = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

/** Why something asked of the server was not done: a sentence to show, and the status (0: no connection). */
export class NotDone extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

/** Ask the server, with a JSON body where there is one. Gives the decoded answer; raises NotDone. */
export async function ask(path, body, method = body === undefined ? "GET" : "POST", more = {}) {
  let answer;
  try {
    answer = await fetch(root + path, {
      method,
      credentials: "same-origin",
      redirect: "error",
      headers: {
        accept: "application/json",
        "accept-language": document.documentElement.lang,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(csrf && method !== "GET" ? { "x-csrf": csrf } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...more,
    });
  } catch {
    throw new NotDone(say("desk.common.offline"), 0);
  }
  if (answer.status === 401 && session) {
    dispatchEvent(new Event("signedout"));
    throw new NotDone("", 401);
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new NotDone(said.error ?? say("desk.common.failed"), answer.status);
  return said;
}

"""E-mail addresses and what people are called in an app: written, dictated ("punto com"), or named ("Facebook: Flaca Tamales").

Here belongs the shape of such an account and the words for apps. Never here: names of people elsewhere (``names``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.identifying.flat import lists
from bot.identifying.known import is_place, plain, strange
from bot.identifying.spans import Span
from bot.identifying.words import PARTICLES

_DOT = r"(?: ?[(\[](?:dot|punto|ponto)[)\]] ?| ?\. ?| (?:punto|ponto|dot) )"
_DOMAIN = rf"[\w-]{{1,63}}(?:{_DOT}[\w-]{{2,24}}){{1,3}}"
_PROVIDER = r"(?:gmail|hotmail|outlook|yahoo|icloud|proton(?:mail)?|live|msn|aol|uol|bol|terra)"
#: The sign apart from the words, or said instead of written, and what follows it.
_AT_APART = (
    rf"(?:(?: ?[(\[](?:at|arroba)[)\]] ?| @ |@ | (?:arroba|aroba) ){_DOMAIN}| @{_PROVIDER}(?:{_DOT}[\w-]{{2,24}}){{1,3}}"
    r"| at [\w-]{1,63}(?:(?: dot | ?[(\[]dot[)\]] ?)[\w-]{2,24}){1,3})"
)
_JOIN = (
    r"(?: ?[(\[](?:dot|punto|ponto|underscore|dash|guion)[)\]] ?| (?:punto|ponto|dot|guion bajo|guion|guion medio|raya|raya baja|"
    r"barra baja|underscore|under score|underline|sublinhado|traco|hifen|dash|hyphen) | \. ?)"
)
_TOKEN = r"[\w+-](?:[\w.+-]{0,62}[\w+-])?"
_EMAIL = re.compile(rf"(?<![\w.+-])[\w.+-]{{1,64}}@{_DOMAIN}|(?<![\w.+-]){_TOKEN}(?:{_JOIN}{_TOKEN}){{0,5}}{_AT_APART}")
#: Behind the word, all that stands before a sign apart belongs to it: "mi correo es ali hassan 1990 @ outlook . com".
_SAID = re.compile(
    r"\b(?:e-?mails?|correos?|mail|gmail)(?: (?:novo|nuevo|new|electronico|eletronico|address|es|is|e|eh|seria|meu|mi|my|o|el))"
    rf"{{0,3}}[ :=]{{1,3}}({_TOKEN}(?:(?:{_JOIN}| ){_TOKEN}){{0,5}}{_AT_APART})"
)
#: E-mail addresses of organisations are public.
_PUBLIC_MAIL = re.compile(
    r"@(?:\w+\.)?(?:unhcr|acnur|iom|oim|unicef|msf|ifrc|icrc|cruzroja\w*|nrc|rescue|hias|savethechildren|"
    r"caritas\w*|faro)\b|\.gov?b?\."
)
_LINK = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?(?:facebook|fb|instagram|tiktok|twitter|x|t|wa|telegram|snapchat|"
    r"maps\.app\.goo|goo)\.(?:com|me|gl|co)/[\w@./?=&%+-]{2,120}"
)
_HANDLE = re.compile(r"(?<![\w.@])@[a-z0-9_][\w.]{2,29}")
_APPS = (
    r"(?:instagram|insta|ig|facebook|face|fb|feis|telegram|tiktok|tik tok|twitter|snapchat|snap|discord|messenger|skype|"
    r"signal|kwai)"
)
_USER = re.compile(
    rf"\b(?:usuari[oa]|user ?name|user|nick|handle|perfil|profile|{_APPS})"
    r"(?:,? (?:i|am|me|encuentran?|encuentras|encontram|acham?|find|estoy|estou|tou|aparezco|salgo|es|is|e|sou|soy|como|as|de|do|"
    r"en|em|on|name|usuario|user|instagram|facebook|telegram|tiktok|under|bajo|by|por|with|con|com|the|el|o|nombre|nome|"
    r"its|it's|eu|yo)\b){0,5} ?[:=]? ?"
    r"([a-z][\w.]*(?:[\d_]|\.\w)[\w.]{0,24})"
)
#: An app, and that somebody is called so in it.
_CALLED = re.compile(
    rf"\b(?P<mine>(?:mi|my|meu|su|his|her|perfil|profile|usuario|user|cuenta|conta|account|nombre|nome|name)(?: (?:de|do|no|"
    rf"da|en|em|on|del|of))?"
    rf"(?: (?:el|la|o|the))? )?{_APPS}\b"
    r"(?P<way>(?: (?:name|nome|nombre|user|usuario|perfil|es|is|e|eh|soy|sou|am|i'?m|i am|estoy|estou|aparezco|me|encuentran?|"
    r"eu|yo|to|tou|salgo|figuro|fico|under|bajo|by|with the name|under the name(?: of)?|bajo el nombre|pelo nome|"
    r"encuentras|"
    r"acham?|busquen?|buscan|llamo|chamo|como|as|called|por|del[ea]|de ella|de el|dela|mio|mia|com o nome|con el nombre|de|"
    r"ahi)\b){0,5})"
    r"(?P<sign> ?[:=-] ?|,? )\"?(?=\w)"
)
_TELLS = re.compile(
    r" (?:name|nome|nombre|user|usuario|es|is|e|eh|soy|sou|am|i'?m|i am|como|as|called|aparezco|llamo|chamo|under|bajo|salgo)\b"
)
_NAMED = re.compile(r"[^\W\d_][\w'’.-]*(?: (?:[^\W_][\w'’.&-]*|&|y|e|\d{1,4})){0,5}")
_SMALL = PARTICLES | {"el", "&", "and", "of", "from", "the", "en", "em", "a", "o"}


def find(text: str, folded: str) -> Iterator[Span]:
    """Spans of e-mail addresses and user names; ``folded`` is ``flat(text)``."""
    for match in _EMAIL.finditer(folded):
        if not _PUBLIC_MAIL.search(match[0]):
            yield Span(*match.span(), "email")
    for match in _SAID.finditer(folded):
        if not _PUBLIC_MAIL.search(match[1]):
            yield Span(*match.span(1), "email")
    for match in _LINK.finditer(folded):
        yield Span(*match.span(), "coordinates" if "goo" in match[0] else "phone" if "wa.me" in match[0] else "username")
    for match in _HANDLE.finditer(folded):
        yield Span(*match.span(), "username")
    for match in _USER.finditer(folded):
        yield Span(*match.span(1), "username")
    for match in _CALLED.finditer(folded):
        tells = ":" in match["sign"] or "=" in match["sign"] or bool(_TELLS.search(match["way"]))
        if match["way"].strip() in ("is", "es", "e", "eh") and not match["mine"]:  # "Facebook is full of scams"
            continue
        known = not match["sign"].strip() and lists()["given"].intersection(folded[match.end() : match.end() + 20].split(" ")[:1])
        if (tells or known or (match["mine"] and "," not in match["sign"])) and (
            span := _account(text, folded, match.end(), tells)
        ):
            yield span


def _account(text: str, folded: str, at: int, tells: bool) -> Span | None:
    """The words that are the name of an account: with capitals, or a few small ones up to a mark of which one is no common word."""
    match = _NAMED.match(text, at, at + 90)
    if not match or folded[match.start() : match.end()].split(maxsplit=1)[0] in lists()["no_account"]:
        return None
    end, parts = match.start(), match[0].split(" ")
    keys = folded[match.start() : match.end()].split(" ")
    count = 0
    for number, part in enumerate(parts):
        if part[0].isupper() or part.isdigit():
            count = number + 1
        elif keys[number] not in _SMALL:
            break
        if part.endswith("."):
            break
    if count and parts[0][0].isupper():
        parts, keys = parts[:count], keys[:count]
    elif tells and len(parts) <= 4 and text[match.end() : match.end() + 1] in ("", ",", ".", ";", "\n", ")", "!", '"'):
        if not any(strange(key.rstrip(".")) or key in lists()["given"] for key in keys):
            return None
    else:
        return None
    if _of_an_organisation([key.rstrip(".") for key in keys]):
        return None
    end += len(" ".join(parts))
    return Span(match.start(), end, "username")


def _of_an_organisation(keys: list[str]) -> bool:
    """Whether the account is a public one: of the Red Cross, of a ministry, of a town."""
    telling = [key for key in keys if key not in _SMALL]
    if any(key in lists()["given"] for key in telling):  # "Pastor Elias Oficial"
        return False
    if any(key in lists()["organisations"] or key in lists()["named_after"] for key in telling):
        return True
    family = lists()["family_names"] - lists()["never_names"]  # "La Negra Tovar", and not "Cruz Roja"
    return all((plain(key) and key not in lists()["known"]) or (is_place(key) and key not in family) for key in telling)

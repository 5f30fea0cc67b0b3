"""Notices: an answer to a question that goes round, and what the network changed, for everybody to read.

Here belong the list of what stands and of what waits for a second person, and the form. Never here: what may be published, and who
agrees (``bot.notices.publishing``), an answer to one person (``complaint_acts``).
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from bot.desk.pages.roster_week import focus_on
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Malformed, NotHere, Visit
from bot.desk.words import family
from bot.notices import publishing
from bot.notices.publishing import DAYS, FAULTS, KINDS, TEXT, TITLE, Draft, Faulty
from flows.facts import LANGS

PUBLISHES: Final = ANY_OF("publish_notice")
DONE: Final = ("asked", "asked_end", "published", "ended", "withdrawn", "kept")

family("desk.notices.done", DONE)
family("desk.notices.kind", KINDS)
family("desk.notices.fault", FAULTS)
for _what in ("waits", "agree"):
    family(f"desk.notices.{_what}", ("publish", "end"))


@page("/notices", allow=PUBLISHES, nav=40)
async def notices(visit: Visit) -> Response:
    done = visit.query("done")
    standing = await publishing.standing(visit.engine, visit.actor, visit.now)
    waiting = await publishing.waiting(visit.engine, visit.actor, visit.now)
    return visit.show(
        "notices.html",
        standing=standing,
        waiting=waiting,
        asked={each.row.id for each in waiting},
        own=publishing.places(visit.actor),
        languages=[(lang, visit.t.language(lang)) for lang in LANGS],
        done=done if done in DONE else "",
    )


@page("/notices/new", allow=PUBLISHES)
async def new(visit: Visit) -> Response:
    """``kind`` and ``country`` in the address: from the page of what somebody asked or said."""
    places = publishing.places(visit.actor)
    kind, country = visit.query("kind"), visit.query("country")
    return _form(visit, Draft(kind if kind in KINDS else KINDS[0], country if country in places else places[0]))


@page("/notices/new", methods=("POST",), allow=PUBLISHES)
async def ask(visit: Visit) -> Response:
    """Checked, and kept until somebody of another organisation agrees."""
    draft = _typed(visit)
    try:
        await publishing.ask(visit.engine, visit.actor, draft, visit.now, organisations=visit.desk.parts.relay.organisations())
    except Faulty as faulty:
        return _form(visit, draft, faulty.faults)
    return visit.go("/notices", done="asked")


@page("/notices/end", methods=("POST",), allow=PUBLISHES)
async def ask_end(visit: Visit) -> Response:
    if not await publishing.ask_end(visit.engine, visit.actor, _id(visit), visit.now):
        raise NotHere
    return visit.go("/notices", done="asked_end")


@page("/notices/withdraw", methods=("POST",), allow=PUBLISHES)
async def withdraw(visit: Visit) -> Response:
    if not await publishing.withdraw(visit.engine, visit.actor, _id(visit)):
        raise NotHere
    return visit.go("/notices", done="withdrawn")


@page("/notices/keep", methods=("POST",), allow=PUBLISHES)
async def keep(visit: Visit) -> Response:
    if not await publishing.keep(visit.engine, visit.actor, _id(visit), visit.now):
        raise NotHere
    return visit.go("/notices", done="kept")


@page("/notices/agree", methods=("POST",), allow=PUBLISHES)
async def agree(visit: Visit) -> Response:
    """Agree to what somebody of another organisation asked for: it is done at once."""
    act = await publishing.agree(visit.engine, visit.actor, _id(visit), visit.now)
    if act is None:
        raise NotHere
    return visit.go("/notices", done="published" if act == "publish" else "ended")


def _id(visit: Visit) -> UUID:
    try:
        return UUID(visit.field("id"))
    except ValueError:
        raise Malformed from None


def _typed(visit: Visit) -> Draft:
    days = visit.field("days")
    return Draft(
        visit.field("kind"),
        "" if visit.field("country") == "all" else visit.field("country") or "?",
        {lang: visit.field(f"title_{lang}") for lang in LANGS},
        {lang: visit.field(f"text_{lang}") for lang in LANGS},
        int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0,
    )


def _form(visit: Visit, draft: Draft, faults: dict[str, tuple[str, str]] | None = None) -> Response:
    t = visit.t
    wrong: dict[str, Any] = {
        name: t(f"desk.notices.fault.{rule}") + (f" «{part}»" if part else "") for name, (rule, part) in (faults or {}).items()
    }
    return visit.show(
        "notices_new.html",
        422 if wrong else 200,
        draft=draft,
        wrong=wrong,
        focus=focus_on(wrong),
        kinds=[(kind, t(f"desk.notices.kind.{kind}")) for kind in KINDS],
        places=[
            (code or "all", t.country(code) if code else t("desk.notices.everywhere")) for code in publishing.places(visit.actor)
        ],
        days=[(str(days), t.count("desk.common.days", days)) for days in DAYS],
        languages=[(lang, t.language(lang)) for lang in LANGS],
        longest={"title": TITLE, "text": TEXT},
    )

"""Publishing a notice, and taking it back: what is checked before everybody reads it.

Here belong the draft, its faults, and the row. Never here: what conversations read (``live``), pages, an answer to one person.

The words are held to the same lists as what people on duty write to a person (``bot.relay_words``), and to more: a notice stands
for months before people whom nobody knows, so it carries no number and no link, which the directory and ``data/helplines.toml``
keep fresh. Its own opening is not held to the list of openings: a screen of the conversation begins before it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import relay_words
from bot.notices.tables import Notice
from bot.staff import audit
from bot.staff.roles import Actor, acting_as, may
from flows.facts import COUNTRIES, LANGS

KINDS: Final = ("rumour", "changed")
TITLE: Final = 60
TEXT: Final = 300
DAYS: Final = (14, 30, 60, 90, 180)
"""For how long a notice may stand."""
FAULTS: Final = ("empty", "too_long", "telling", "promise", "organisation", "link", "phone", "choose")
"""What may be wrong with a field; ``choose``: a value that is in no list."""
KEPT: Final = timedelta(days=30)
"""How long the row stays after its end, for whoever asks what was said."""

notice: Final[Any] = Notice.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice as it is typed."""

    kind: str
    country: str = ""
    """Empty: every country."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Language -> text, of all LANGS."""
    texts: Mapping[str, str] = field(default_factory=dict)
    days: int = 90


class Faulty(ValueError):
    """It cannot be published like this. ``faults``: field (``kind``, ``country``, ``days``, ``title_es`` …) -> (one of FAULTS, the
    words that are wrong)."""

    def __init__(self, faults: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(f"this notice cannot be published: {', '.join(sorted(faults))}")
        self.faults = dict(faults)


def faults(draft: Draft, actor: Actor, organisations: Iterable[str] = ()) -> dict[str, tuple[str, str]]:
    """What is wrong with a draft of this actor; empty: nothing. ``organisations``: names that must not be written."""
    found: dict[str, tuple[str, str]] = {}
    if draft.kind not in KINDS:
        found["kind"] = ("choose", "")
    if draft.country not in places(actor):
        found["country"] = ("choose", "")
    if draft.days not in DAYS:
        found["days"] = ("choose", "")
    names = tuple(organisations)
    for lang in LANGS:
        for part, texts, longest in (("title", draft.titles, TITLE), ("text", draft.texts, TEXT)):
            if wrong := _wrong(texts.get(lang, ""), lang, longest, names):
                found[f"{part}_{lang}"] = wrong
    return found


def places(actor: Actor) -> tuple[str, ...]:
    """Countries for which this actor may publish; the empty one, for every country, where it is all of them."""
    own = tuple(code for code in COUNTRIES if may(actor, "publish_notice", country=code))
    return (*own, "") if len(own) == len(COUNTRIES) else own


async def publish(
    engine: AsyncEngine, actor: Actor, draft: Draft, now: datetime, *, organisations: Iterable[str] = ()
) -> uuid.UUID:
    """Publish it under the label of the actor; people read it within half a minute. Raises Faulty."""
    wrong = faults(draft, actor, organisations)
    role = acting_as(actor, "publish_notice", country=draft.country)
    if wrong or role is None:
        raise Faulty(wrong or {"country": ("choose", "")})
    made = uuid.uuid4()
    titles = {f"title_{lang}": _clean(draft.titles[lang]) for lang in LANGS}
    texts = {f"text_{lang}": _clean(draft.texts[lang]) for lang in LANGS}
    values = {"id": made, "kind": draft.kind, "country": draft.country, "by": actor.name, "published_at": now, **titles, **texts}
    async with engine.begin() as connection:
        await connection.execute(insert(notice).values(**values, expires_at=now + timedelta(days=draft.days)))
        await audit.record(connection, actor.name, role, "notice_published", "", now)
    return made


async def standing(engine: AsyncEngine, actor: Actor, now: datetime) -> list[Any]:
    """Rows of what people read now, of this actor's countries and of every country, newest first."""
    asked = select(notice).where(notice.c.expires_at > now).order_by(notice.c.published_at.desc(), notice.c.id)
    async with engine.connect() as connection:
        rows = (await connection.execute(asked)).all()
    return [row for row in rows if not row.country or row.country in places(actor)]


async def end(engine: AsyncEngine, actor: Actor, id: uuid.UUID, now: datetime) -> bool:
    """Take a notice back: people read it no longer. False: there is none that this actor may take back."""
    async with engine.begin() as connection:
        row = (await connection.execute(select(notice).where(notice.c.id == id, notice.c.expires_at > now))).first()
        role = acting_as(actor, "publish_notice", country=row.country) if row is not None else None
        if row is None or role is None or row.country not in places(actor):
            return False
        await connection.execute(update(notice).where(notice.c.id == id).values(expires_at=now))
        await audit.record(connection, actor.name, role, "notice_ended", "", now)
    return True


async def sweep(connection: AsyncConnection, now: datetime) -> int:
    """Delete what is over for a month; how many. For a job."""
    return int((await connection.execute(delete(notice).where(notice.c.expires_at <= now - KEPT))).rowcount)


def _clean(text: str) -> str:
    """As it arrives: without what cannot be seen, in one paragraph."""
    return " ".join(relay_words.arrives(text, "").split())


def _wrong(text: str, lang: str, longest: int, organisations: tuple[str, ...]) -> tuple[str, str] | None:
    clean = _clean(text)
    if not clean:
        return ("empty", "")
    if len(clean) > longest:
        return ("too_long", clean[longest : longest + 40])
    # Behind forty letters that say nothing, no word stands in an opening.
    before = "·" * relay_words.OPENING
    found = relay_words.faults(before + " " + clean, lang, "", organisations)
    first = next((each for each in found if each.rule != "opening"), None)
    return (first.rule, (before + " " + clean)[first.start : first.end]) if first else None

"""Publishing a notice, and taking it back: what is checked before everybody reads it.

Here belong the draft, its faults, the row, and who may agree to it. Never here: what conversations read (``live``), pages, an
answer to one person, how two people do one thing (``bot.staff.second_person``).

**Two organisations.** A notice speaks for the network, perhaps about what concerns the organisation of whoever writes it. So
publishing one and taking one back each take a coordinator of another organisation, who agrees to exactly these words. Where a
country has coordinators of one organisation only, one of another country may. What somebody asks to take back is not read from then
on, for ``PAUSE``: a wrong notice does harm every hour, and a right one that is missing for two days less. Then it stands again, and
asking once more pauses it no more, so that nobody alone keeps it from people for good.

The words are held to the same lists as what people on duty write to a person (``bot.relay_words``), and to more: a notice stands
for months before people whom nobody knows, so it carries no number and no link, which the directory and ``data/helplines.toml``
keep fresh. Its own opening is not held to the list of openings: a screen of the conversation begins before it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import relay_words
from bot.alerts.outbox import enqueue
from bot.complaints import routing
from bot.notices.tables import Notice
from bot.staff import accounts, audit, second_person
from bot.staff.roles import Action, Actor, acting_as, may
from bot.tickets.rows import transact
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

PAUSE: Final = timedelta(days=2)
"""For how long nobody reads what one person asked to take back, while no second one has agreed."""

Act = Literal["publish", "end"]
"""What takes two."""

notice: Final[Any] = Notice.__table__  # type: ignore[attr-defined]
_ACTION: Final[Action] = "publish_notice"
_WORDS: Final = ("kind", "country", "days", *(f"{part}_{lang}" for part in ("title", "text") for lang in LANGS))


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


class Waiting(NamedTuple):
    """What somebody asked for and nobody has agreed to yet."""

    id: uuid.UUID
    """Of what was asked."""
    act: Act
    row: Any
    """The notice."""
    asker: Actor
    until: datetime
    own: bool
    agrees: bool
    """This actor may agree to it."""
    alone: bool
    """All coordinators of its country are of the asker's organisation: one of another country may agree."""
    paused: datetime | None = None
    """Until when nobody reads it, of what is to be taken back; None: people read it again."""


async def ask(engine: AsyncEngine, actor: Actor, draft: Draft, now: datetime, *, organisations: Iterable[str] = ()) -> uuid.UUID:
    """Keep it until somebody of another organisation agrees; nobody reads it before. Raises Faulty."""
    wrong = faults(draft, actor, organisations)
    if wrong or not may(actor, _ACTION, country=draft.country):
        raise Faulty(wrong or {"country": ("choose", "")})
    made = uuid.uuid4()
    titles = {f"title_{lang}": _clean(draft.titles[lang]) for lang in LANGS}
    texts = {f"text_{lang}": _clean(draft.texts[lang]) for lang in LANGS}
    values = {"id": made, "kind": draft.kind, "country": draft.country, "days": draft.days, "by": actor.name, **titles, **texts}
    life = second_person.RULES[_ACTION].life

    async def work(connection: AsyncConnection) -> uuid.UUID:
        new = insert(notice).values(**values, agreed_by="", published_at=now, expires_at=now + life)
        await connection.execute(new)
        await _ask(connection, actor, "publish", await _row(connection, made), now)
        return made

    return await transact(engine, work)


async def ask_end(engine: AsyncEngine, actor: Actor, id: uuid.UUID, now: datetime) -> bool:
    """Ask to take a notice back; twice is once. False: there is none that this actor may ask about."""

    async def work(connection: AsyncConnection) -> bool:
        row = await _row(connection, id)
        if row is None or not row.agreed_by or row.expires_at <= now or row.country not in places(actor):
            return False
        if not any(each.act == "end" and each.row.id == id for each in await _all_waiting(connection, actor, now)):
            await _ask(connection, actor, "end", row, now)
            first = (notice.c.id == id) & notice.c.paused_at.is_(None)
            await connection.execute(update(notice).where(first).values(paused_at=now))
        return True

    return await transact(engine, work)


async def withdraw(engine: AsyncEngine, actor: Actor, id: uuid.UUID) -> bool:
    """Give up what one wrote oneself while it waits. False: there is no such draft."""
    own = (notice.c.id == id) & (notice.c.by == actor.name) & (notice.c.agreed_by == "")
    async with engine.begin() as connection:
        return bool((await connection.execute(delete(notice).where(own))).rowcount)


async def keep(engine: AsyncEngine, actor: Actor, id: uuid.UUID, now: datetime) -> bool:
    """Give up taking a notice back that one asked for oneself: people read it again. False: one asked for nothing of it."""

    async def work(connection: AsyncConnection) -> bool:
        found = [
            each for each in await _all_waiting(connection, actor, now) if each.act == "end" and each.own and each.row.id == id
        ]
        for each in found:
            await second_person.give_up(connection, actor, each.id)
        return bool(found)

    return await transact(engine, work)


async def waiting(engine: AsyncEngine, actor: Actor, now: datetime) -> list[Waiting]:
    """What waits for a second person, of this actor's countries and what they may agree to elsewhere, oldest first."""
    async with engine.connect() as connection:
        found = await _all_waiting(connection, actor, now)
    return [each for each in found if each.own or each.agrees or each.row.country in ("", *places(actor))]


async def agree(engine: AsyncEngine, actor: Actor, id: uuid.UUID, now: datetime) -> Act | None:
    """Agree to what somebody of another organisation asked for. It is done at once: people read it, or read it no longer, within
    half a minute. ``id``: of what was asked. None: there is no such thing for this actor, it is over, or other words by now."""

    async def work(connection: AsyncConnection) -> Act | None:
        found = next((each for each in await _all_waiting(connection, actor, now) if each.id == id and each.agrees), None)
        if found is None or (row := await _row(connection, found.row.id, lock=True)) is None:
            return None
        asker, exactly = found.asker, _exactly(found.act, row)
        role = acting_as(asker, _ACTION, country=row.country)
        if role is None or row.country not in places(asker):
            return None
        if not await second_person.approve(connection, actor, id, now):
            return None
        if not await second_person.use(connection, asker, _ACTION, exactly, now):
            raise RuntimeError("an approval that was given a moment ago is not there")
        begins = {"agreed_by": actor.name, "published_at": now, "expires_at": now + timedelta(days=row.days)}
        change = begins if found.act == "publish" else {"expires_at": now}
        await connection.execute(update(notice).where(notice.c.id == row.id).values(**change))
        done = "notice_published" if found.act == "publish" else "notice_ended"
        await audit.record(connection, asker.name, role, done, "", now)
        return found.act

    return await transact(engine, work)


async def standing(engine: AsyncEngine, actor: Actor, now: datetime) -> list[Any]:
    """Rows of what people read now, of this actor's countries and of every country, newest first."""
    published = (notice.c.expires_at > now) & (notice.c.agreed_by != "")
    asked = select(notice).where(published).order_by(notice.c.published_at.desc(), notice.c.id)
    async with engine.connect() as connection:
        rows = (await connection.execute(asked)).all()
        unread = await paused(connection, rows, now)
    return [row for row in rows if row.id not in unread and (not row.country or row.country in places(actor))]


async def paused(connection: AsyncConnection, rows: Iterable[Any], now: datetime) -> dict[uuid.UUID, datetime]:
    """Which of these notices nobody reads at present, since somebody asked to take them back, and until when."""
    asked = {each.digest for each in await second_person.open_asks(connection, [_ACTION], now)}
    return {row.id: until for row in rows if (until := _unread_until(row, now)) and _exactly("end", row) in asked}


async def sweep(connection: AsyncConnection, now: datetime) -> int:
    """Delete what is over for a month, and what nobody agreed to in time; how many. For a job."""
    unread = (notice.c.agreed_by == "") & (notice.c.expires_at <= now)
    return int((await connection.execute(delete(notice).where(or_(unread, notice.c.expires_at <= now - KEPT)))).rowcount)


# --- two people --------------------------------------------------------------------------------------------------------


async def _row(connection: AsyncConnection, id: uuid.UUID, *, lock: bool = False) -> Any:
    asked = select(notice).where(notice.c.id == id)
    return (await connection.execute(asked.with_for_update() if lock else asked)).first()


def _exactly(act: Act, row: Any) -> bytes:
    """What is agreed to: this act, on exactly these words."""
    return second_person.digest({"act": act, "id": row.id.hex} | {name: str(getattr(row, name)) for name in _WORDS})


async def _ask(connection: AsyncConnection, actor: Actor, act: Act, row: Any, now: datetime) -> None:
    """And tell those who may agree that something waits."""
    others = [other for other in await _publishers(connection) if other.id != actor.id]
    among = await routing.network(connection)
    told = [each.id for each in others if _may_agree(each, actor, row.country, others, among)[0]]
    await enqueue(connection, told, now)
    await second_person.ask(connection, actor, _ACTION, _exactly(act, row), now)


async def _all_waiting(connection: AsyncConnection, actor: Actor, now: datetime) -> list[Waiting]:
    """Everything that was asked for and is not agreed to, with the notices whose words are still those."""
    rows = (await connection.execute(select(notice).where(notice.c.expires_at > now))).all()
    acts = {_exactly(act, row): (act, row) for row in rows for act in [_act_on(row)]}
    publishers = await _publishers(connection)
    by_id = {each.id: each for each in publishers}
    among = await routing.network(connection)
    found = []
    for each in await second_person.open_asks(connection, [_ACTION], now):
        asker = by_id.get(each.asked_by)
        if asker is not None and each.digest in acts:
            act, row = acts[each.digest]
            agrees, alone = _may_agree(actor, asker, row.country, publishers, among)
            paused = _unread_until(row, now) if act == "end" else None
            found.append(Waiting(each.id, act, row, asker, each.ends_at, asker.id == actor.id, agrees, alone, paused))
    return found


def _unread_until(row: Any, now: datetime) -> datetime | None:
    until: datetime | None = row.paused_at + PAUSE if row.paused_at else None
    return until if until and until > now else None


def _act_on(row: Any) -> Act:
    return "end" if row.agreed_by else "publish"


async def _publishers(connection: AsyncConnection) -> list[Actor]:
    """Every account that publishes anywhere."""
    found = [Actor.of(row) for row in await accounts.everybody(connection) if row.active]
    return [each for each in found if may(each, _ACTION)]


def _may_agree(actor: Actor, asker: Actor, country: str, publishers: Iterable[Actor], among: routing.Network) -> tuple[bool, bool]:
    """Whether the actor may agree; and whether nobody of another organisation answers for that country."""
    tied = among.tied(asker.organisation)
    alone = not any(country in places(each) for each in publishers if each.organisation not in tied)
    return may(actor, _ACTION) and actor.organisation not in tied and (alone or country in places(actor)), alone


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

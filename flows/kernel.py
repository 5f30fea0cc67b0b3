"""The machine under every conversation: where a person is, what they see, where they go next.

Here belong Session, Event, Screen, Effect, the table that a topic is written as, and the two functions ``view`` and
``step``. Never here: a topic's own screens, words of any language, I/O, a clock, chance.

*Back, menu, emergency numbers, leave, change of language, a redelivered message and a screen that no longer exists* all
end in "draw the present screen" and are settled once, in ``step``, before any topic is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import msgspec

from flows.facts import LANGS, Area, Facts, Hours, Mention

SlotValue = str | int | tuple[int, ...]
"""A member of a closed set, an id, or several ids."""

BACK_LIMIT = 10
SEEN_LIMIT = 6

#: Digits with one meaning everywhere. 1-5 are the choices of the present page.
ELSE, MORE, BACK, EMERGENCY, LEAVE = 6, 7, 8, 9, 0
ON_ANOTHER_PAGE = -1
"""In place of a digit: the option can be typed by its words, and stands on another page."""

LASTING = ("accused", "responders")
"""Slots that stay when a topic is completed, and at the menu: they end with the conversation (``flows.accused``)."""

#: Commands whose words are not words to a person, even where one reads along.
MEANT = frozenset({"leave", "emergency", "menu", "language", *LANGS})


# --- where a person is -----------------------------------------------------------------------------------------------


class Session(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """A position in the conversation. Slots hold values from closed sets or ids of places and services: typed text never."""

    id: bytes = b""
    screen: str = ""
    turn: int = 0
    lang: str = ""
    slots: dict[str, SlotValue] = {}
    back: tuple[str, ...] = ()
    seen: tuple[bytes, ...] = ()
    """Digests of the last provider message ids, so that a redelivery draws the same screen."""
    misses: int = 0
    """How many inputs in a row were not understood."""
    alarms: dict[str, int] = {}
    """Crisis class -> minute (since 1970) in which its card was last shown in full."""
    left: bool = False
    """The person left; nothing but ``seen`` remains, so that a late redelivery stays silent."""

    def at(self, screen: str, **changes: Any) -> Session:
        return msgspec.structs.replace(self, screen=screen, **changes)

    def slot(self, name: str, default: Any = "") -> Any:
        return self.slots.get(name, default)


class Words:
    """What a person typed. It is read while the turn lasts and cannot be printed, compared, pickled or stored."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Words(…)"

    def __reduce__(self) -> Any:
        raise TypeError("what a person typed is never stored")

    __eq__ = None  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


# --- what happens ----------------------------------------------------------------------------------------------------


class Chose(msgspec.Struct, frozen=True):
    """An option of the present screen, by its id."""

    option: str


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """What a sentence seems to be about: it only ever chooses a screen (E-9). Empty where nothing was recognised."""

    kinds: tuple[str, ...] = ()
    """Kinds of the Essential Package that are named, likeliest first."""
    topics: tuple[str, ...] = ()
    """Other topics that are named: ``rights``, ``basics``, ``privacy``, ``person``, ``feedback``, ``services``, ``code``."""
    rumours: tuple[str, ...] = ()
    """Those of ``facts.RUMOURS`` that are named."""
    intents: tuple[str, ...] = ()
    """What it may want, of ``facts.INTENTS``, likeliest first; empty where nothing is likely."""
    sure: bool = False
    """The first of ``intents`` is plainly meant."""
    named: bool = False
    """The first of ``intents`` is said in a reviewed phrase, not only weighed."""
    mention: Mention = Mention()
    lang: str = ""
    """The language it is written in, where that is plain."""
    switch: str = ""
    """The one of our languages that it asks for."""
    foreign: str = ""
    """Another language that it is written in, where Faro has a sentence in it."""
    code: bool = False
    """A follow-up code stands in it: thirteen digits that may be one."""
    another: bool = False
    """Somebody says that they write for somebody else."""
    whom: tuple[str, ...] = ()
    """Whom a complaint can be about that are named in it, of ``complaint_fields.WHO``."""
    remarks: tuple[str, ...] = ()
    """What it says of a place, of ``complaint_fields.WRONG`` and ``SAID``."""


@dataclass(frozen=True, slots=True)
class Said:
    """Words that are no option and no command."""

    words: Words
    understood: Understood = Understood()  # noqa: RUF009 - frozen
    alarm: str = ""
    """Class of the crisis cue in them, where they went on to a person all the same."""


@dataclass(frozen=True, slots=True)
class Located:
    """A shared location, already rounded to an area."""

    area: Area


@dataclass(frozen=True, slots=True)
class Command:
    """Works everywhere: ``leave``, ``emergency``, ``back``, ``menu``, ``more``, ``language``, ``again``, a language, a topic."""

    name: str
    words: Words | None = field(default=None, compare=False)
    """What was typed for it, where that was a word and no digit."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A crisis cue, by class (A to K of the cue lists)."""

    kind: str
    words: Words | None = None
    understood: Understood = Understood()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Unclear:
    """Something that cannot be read: nothing matched, or a file, a voice note, a picture …"""

    what: Literal["text", "voice", "picture", "file", "contact", "sticker", "live", "edited", "other"] = "text"
    words: Words | None = field(default=None, compare=False)
    """What was typed, where it was typed: a "3" that is no option, a heart."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an effect of this turn came to."""

    effect: str
    result: str
    """``saved``, or what else the handler declares."""
    go: Go
    """The move that asked for it."""
    slots: dict[str, SlotValue] = field(default_factory=dict)
    """What the next screen needs to know of it: ids and members of closed sets, as in every slot."""


Event = Chose | Said | Located | Command | Alarm | Unclear | Outcome


# --- what is seen ----------------------------------------------------------------------------------------------------


class Data(msgspec.Struct, frozen=True):
    """A field of the directory, the helplines or the roster. The only text that is not a catalog entry (E-9)."""

    source: str
    text: str


class Country(msgspec.Struct, frozen=True):
    code: str


class Km(msgspec.Struct, frozen=True):
    km: float


class Day(msgspec.Struct, frozen=True):
    day: date


class Clock(msgspec.Struct, frozen=True):
    """A time of day, in minutes after midnight; 1440 is midnight at its end."""

    minutes: int


class Zone(msgspec.Struct, frozen=True):
    """An IANA time zone, by the city that names it."""

    name: str


class Opening(msgspec.Struct, frozen=True):
    """Opening hours, written out by the wording."""

    hours: Hours


class Language(msgspec.Struct, frozen=True):
    """Name of a language in the language of the reader."""

    code: str


class Phrase(msgspec.Struct, frozen=True):
    """A catalog entry and its parameters."""

    id: str
    params: dict[str, Any] = {}


class Listing(msgspec.Struct, frozen=True, weakref=True):
    """Several values in one sentence ("a, b and c"), or one a line."""

    items: tuple[Any, ...]
    lines: bool = False
    kept: bool = False
    """It is this very object whenever it is shown again: whoever writes it out may remember the words by that."""


class Aside(msgspec.Struct, frozen=True):
    """A paragraph that may give way where there is no room (an SMS beyond its segments). The last one goes first."""

    value: Any


class Foot(msgspec.Struct, frozen=True):
    """A paragraph that stands below the choices, on channels that write them out."""

    value: Any


class Choices(msgspec.Struct, frozen=True):
    """Where the computed choices of a screen stand among its paragraphs, on channels that write them out."""


Value = Aside | Foot | Choices | Data | Country | Km | Day | Clock | Zone | Opening | Language | Phrase | Listing | int


class Option(msgspec.Struct, frozen=True):
    """Something that can be chosen: an id of the topic, the digit that means it on this page, and its label."""

    id: str
    digit: int
    label: Value
    """A phrase ``x`` may have further typed words under the catalog id ``words.x`` (``flows.complaint_fields.WORDED``)."""


class Page(tuple[Option, ...]):
    """Options on which nothing stands but entries of the catalogs and countries. There is one object for all screens that have
    them, and its hash is its identity: whoever writes screens out may remember them by it."""

    __slots__ = ()
    __hash__ = object.__hash__


class Screen(msgspec.Struct, frozen=True):
    """What a person sees, before it becomes words."""

    id: str
    parts: tuple[Value, ...]
    """Paragraphs, in reading order."""
    options: tuple[Option, ...] = ()
    hears: bool = False
    """Typed words are an answer here."""
    locates: bool = False
    """A location is an answer here."""
    asks_location: bool = False
    """The screen is there to share a location; channels with a location button show it."""


class Effect(msgspec.Struct, frozen=True):
    """Something to be done outside. ``name`` is the handler in ``bot.effects``; its outcome is the next event of the same turn."""

    name: str
    params: dict[str, Any] = {}


class Turn(msgspec.Struct, frozen=True):
    """The result of a step. ``screen`` None means silence."""

    session: Session
    screen: Screen | None
    effects: tuple[Effect, ...] = ()
    cause: Go | None = None
    """The move that asked for the effects, when their outcome chooses the screen."""


# --- how a topic is written ------------------------------------------------------------------------------------------

Condition = Callable[[Session, Facts], bool]


class Go(msgspec.Struct, frozen=True):
    """A move to a screen. ``set`` fills slots, ``only`` hides the option, ``do`` is an effect whose outcome picks the screen."""

    to: str
    set: dict[str, SlotValue] = {}
    only: Condition | None = None
    do: Callable[[Session, Facts], Effect] | None = None
    digit: int | None = None
    outcomes: dict[str, str] = {}
    """Outcome -> screen, beside ``saved`` (``to``). Any other leads to the topic's screen ``not_saved``."""
    final: bool = True
    """With ``do``: a step that cannot be undone. Once saved, slots and the way back are emptied; and where choices are typed, it
    takes a number of its turn instead of a digit, so that a repeated "1" cannot confirm a screen that never arrived. Its whole
    label works too."""
    alarm: str = ""
    """Class of the crisis cue in the words that asked for it: its card stands before the screen. Filled in by the kernel."""


@dataclass(frozen=True, slots=True)
class Branch:
    """The only computed move. It names every screen it may lead to; ``pick`` returns a Go to one of them, or None."""

    pick: Callable[[Session, Event, Facts], Go | None]
    to: tuple[str, ...]
    only: Condition | None = None
    digit: int | None = None

    def __init__(
        self,
        pick: Callable[[Session, Event, Facts], Go | None],
        *to: str,
        only: Condition | None = None,
        digit: int | None = None,
    ) -> None:
        object.__setattr__(self, "pick", pick)
        object.__setattr__(self, "to", to)
        object.__setattr__(self, "only", only)
        object.__setattr__(self, "digit", digit)


Move = Go | Branch


class Choice(msgspec.Struct, frozen=True):
    """A computed option: choosing it puts ``value`` into the slot of its screen."""

    value: SlotValue
    label: Value
    set: dict[str, SlotValue] = {}


Params = Callable[[Session, Facts], dict[str, Any]]
Say = Callable[[Session, Facts], tuple[Value, ...]]
Among = Callable[[Session, Facts], Sequence[Choice]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One screen as its author wrote it."""

    id: str
    options: dict[str, Move]
    params: Params | None = None
    say: Say | None = None
    """Writes the paragraphs itself; otherwise they are the catalog entry of the screen's id."""
    says: tuple[str, ...] = ()
    """Catalog ids that ``say`` may use, so that none can be missing."""
    among: Among | None = None
    slot: str = ""
    then: Move | None = None
    """Where a computed choice leads."""
    hears: Branch | None = None
    located: Branch | None = None
    asks_location: bool = False
    addressed: bool = False
    """Typed words go to a person who reads them. A greeting, a "3", the name of a topic are words to them as well, and so is what
    brings a crisis card; ``MEANT`` and digits keep their meaning."""
    size: int = 5
    """Choices on one page."""
    other_words: str = ""
    """Catalog entry that puts the question in other words, before it, to whoever was not understood (L-3)."""

    def moves(self) -> Iterator[tuple[str, Move]]:
        yield from self.options.items()
        if self.then is not None:
            yield "*", self.then
        if self.hears is not None:
            yield "(words)", self.hears
        if self.located is not None:
            yield "(location)", self.located


def targets(move: Move) -> tuple[str, ...]:
    return _screens(move) if isinstance(move, Go) else move.to


def _screens(go: Go) -> tuple[str, ...]:
    """Every screen that a move may lead to."""
    return (go.to, *go.outcomes.values(), *((_not_saved(go.to),) if go.do is not None else ()))


class Flow:
    """A topic: a table of screens. ``slots`` names the values that it keeps and the closed set, or kind of id, of each."""

    def __init__(self, name: str, /, **slots: Any) -> None:
        self.name = name
        self.slots: dict[str, Any] = slots
        self.sheets: dict[str, Sheet] = {}

    def _add(self, name: str, options: dict[str, Move], **rest: Any) -> None:
        sheet_id = self._full(name)
        if sheet_id in self.sheets:
            raise ValueError(f"the screen {sheet_id} is written twice")
        options = {key: self._absolute(move) for key, move in options.items()}
        for key in ("then", "hears", "located"):
            if rest.get(key) is not None:
                rest[key] = self._absolute(rest[key])
        self.sheets[sheet_id] = Sheet(sheet_id, options, **rest)

    def _full(self, name: str) -> str:
        return name if "." in name else f"{self.name}.{name}"

    def _whole(self, go: Go) -> Go:
        """The same with full names of screens."""
        if "." in go.to and not go.outcomes:
            return go
        outcomes = {result: self._full(to) for result, to in go.outcomes.items()}
        return msgspec.structs.replace(go, to=self._full(go.to), outcomes=outcomes)

    def _absolute(self, move: Move) -> Move:
        if isinstance(move, Go):
            return self._whole(move)
        flow = self

        def pick(session: Session, event: Event, facts: Facts) -> Go | None:
            go = move.pick(session, event, facts)
            return go if go is None else flow._whole(go)

        return Branch(pick, *(self._full(name) for name in move.to), only=move.only, digit=move.digit)

    def menu(
        self,
        name: str,
        /,
        *,
        params: Params | None = None,
        say: Say | None = None,
        says: tuple[str, ...] = (),
        hears: Branch | None = None,
        located: Branch | None = None,
        size: int = 5,
        other_words: str = "",
        **options: Move,
    ) -> None:
        """A question with written options. Their labels are the entries ``<flow>.<name>.<option>``.

        ``other_words``: see ``Sheet``."""
        self._add(
            name, options, params=params, say=say, says=says, hears=hears, located=located, size=size, other_words=other_words
        )

    def page(
        self,
        name: str,
        /,
        *,
        then: Move | None = None,
        params: Params | None = None,
        say: Say | None = None,
        says: tuple[str, ...] = (),
        **options: Move,
    ) -> None:
        """Something to read. ``then`` is its one way on (label ``nav.on``), beside back and menu."""
        if then is not None:
            options = {"on": then, **options}
        self._add(name, options, params=params, say=say, says=says)

    def choose(
        self,
        name: str,
        /,
        *,
        slot: str,
        among: Among,
        then: Move,
        params: Params | None = None,
        say: Say | None = None,
        says: tuple[str, ...] = (),
        hears: Branch | None = None,
        located: Branch | None = None,
        size: int = 5,
        addressed: bool = False,
        **options: Move,
    ) -> None:
        """A question whose choices are computed (places, services). The chosen value goes into ``slot``.

        ``addressed``: see ``Sheet``."""
        self._add(
            name,
            options,
            slot=slot,
            among=among,
            then=then,
            params=params,
            say=say,
            says=says,
            hears=hears,
            located=located,
            size=size,
            addressed=addressed,
        )

    def ask(
        self,
        name: str,
        /,
        *,
        hears: Branch,
        located: Branch | None = None,
        params: Params | None = None,
        say: Say | None = None,
        says: tuple[str, ...] = (),
        asks_location: bool = False,
        addressed: bool = False,
        **options: Move,
    ) -> None:
        """A question that is answered in words, or by a shared location. ``addressed``: see ``Sheet``."""
        self._add(
            name,
            options,
            params=params,
            say=say,
            says=says,
            hears=hears,
            located=located,
            asks_location=asks_location,
            addressed=addressed,
        )


# --- all topics together ---------------------------------------------------------------------------------------------

Card = Callable[[Session, Facts], tuple[Value, ...]]

PAGES_REMEMBERED = 2048

_NAV_MORE = Option("more", MORE, Phrase("nav.more"))
_NAV_BACK = Option("back", BACK, Phrase("nav.back"))
_NAV_EMERGENCY = Option("emergency", EMERGENCY, Phrase("nav.emergency"))
_NAV_LEAVE = Option("leave", LEAVE, Phrase("nav.leave"))


class _Plan(msgspec.Struct, frozen=True):
    """How the options of a sheet stand: digits for those in line, written options in line, options with a digit of their own."""

    free: tuple[int, ...]
    floating: tuple[tuple[str, Value], ...]
    fixed: tuple[Option, ...]
    mixed: bool
    """Some of the fixed digits are lower than some of the free ones."""
    has_more: bool
    """The digit of "more" is taken by an option of the sheet's own."""


class Graph:
    """All topics joined: draws screens and takes steps.

    ``understand`` says where words or a location lead that the present screen does not take; ``emergency`` and ``alarm``
    write the cards that are put before the present screen, which then stays where it was.
    """

    def __init__(
        self,
        flows: tuple[Flow, ...],
        *,
        hello: str,
        menu: str,
        language: str,
        understand: Branch,
        emergency: Card,
        alarm: Callable[[str, Session, Facts], tuple[tuple[Value, ...], bool]],
        beside: Branch | None = None,
        shortcuts: dict[str, str] | None = None,
        gates: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.flows = flows
        self.sheets: dict[str, Sheet] = {}
        for flow in flows:
            self.sheets |= flow.sheets
        self.hello, self.menu, self.language = hello, menu, language
        self.understand, self.emergency, self.alarm = understand, emergency, alarm
        self.beside = beside
        """Where words lead that bring a card; None: nowhere, the same question stands below it."""
        self.shortcuts = shortcuts or {}
        """Command -> screen, for commands that open a screen from everywhere."""
        self.gates = gates
        """(screen, option) for choices that say, or are there only for who has said, that this phone is safe now (E-4)."""
        self._closed = {
            name: frozenset(values)
            for flow in flows
            for name, values in flow.slots.items()
            if isinstance(values, list | tuple | set | frozenset)
        }
        """Slot -> the values that it may have, where these are a closed set."""
        self._conditions = {
            sheet.id: tuple((key, move.only) for key, move in sheet.options.items() if move.only is not None)
            for sheet in self.sheets.values()
        }
        self._final = {
            sheet.id: final
            for sheet in self.sheets.values()
            if (final := tuple(key for key, move in sheet.options.items() if isinstance(move, Go) and move.do and move.final))
        }
        """Screen -> its options that cannot be undone."""
        self._languages = frozenset(sheet.id for sheet in self.sheets.values() if {*LANGS} <= sheet.options.keys())
        """Screens that ask for the language: whoever names one by a word has answered."""
        self._plans: dict[tuple[str, tuple[str, ...]], _Plan] = {}
        self._pages: dict[Hashable, Page] = {}
        for sheet in self.sheets.values():
            for name, move in sheet.moves():
                for target in targets(move):
                    if target in self.sheets:
                        continue
                    if isinstance(move, Go) and move.do is not None and target == _not_saved(move.to):
                        raise ValueError(f"{sheet.id}: {name} may fail to be saved; write the screen {target}")
                    raise ValueError(f"{sheet.id}: {name} leads to {target}, which is not a screen")

    # -- drawing

    def view(self, session: Session, facts: Facts) -> Screen:
        """Draw where the person is."""
        sheet = self._sheet(session)
        if sheet.say is not None:
            parts = sheet.say(session, facts)
        else:
            parts = (Phrase(sheet.id, sheet.params(session, facts) if sheet.params else {}),)
        return Screen(
            id=sheet.id,
            parts=parts,
            options=self._page(sheet, session, facts),
            hears=sheet.hears is not None,
            locates=sheet.located is not None,
            asks_location=sheet.asks_location and facts.channel.location,
        )

    def options(self, session: Session, facts: Facts) -> tuple[Option, ...]:
        """The options of the present screen, as ``view`` would draw them: all that is needed to read an answer."""
        return self._page(self._sheet(session), session, facts)

    def readable(self, session: Session, facts: Facts) -> tuple[Option, ...]:
        """``options``, and those of the other pages whose labels are entries of the catalogs: whoever knows the words need not turn
        pages. A step that cannot be undone is not among them. Before the first screen nothing stands there to be chosen."""
        if not session.screen:
            return ()
        shown = self.options(session, facts)
        if _NAV_MORE not in shown:
            return shown
        sheet = self._sheet(session)
        there = {option.id for option in shown} | {*self._final.get(sheet.id, ())}
        return (
            *shown,
            *(Option(id, ON_ANOTHER_PAGE, label) for id, label in self._labels(sheet, session, facts) if id not in there),
        )

    def _labels(self, sheet: Sheet, session: Session, facts: Facts) -> Iterator[tuple[str, Phrase]]:
        choices = sheet.among(session, facts) if sheet.among is not None else ()
        for number, choice in enumerate(choices):
            if isinstance(choice.label, Phrase) and not choice.label.params:
                yield f"#{number}", choice.label
        for key, move in sheet.options.items():
            if move.only is None or move.only(session, facts):
                yield key, Phrase(f"{sheet.id}.{key}")

    def ids(self, session: Session, facts: Facts) -> list[str]:
        """Every option that exists now, on whichever page it stands."""
        sheet = self._sheet(session)
        choices = sheet.among(session, facts) if sheet.among is not None else ()
        return [f"#{number}" for number in range(len(choices))] + [
            key for key, move in sheet.options.items() if move.only is None or move.only(session, facts)
        ]

    def _sheet(self, session: Session) -> Sheet:
        return (self._knows(session.slots) and self.sheets.get(session.screen)) or self.sheets[self.menu]

    def _knows(self, slots: dict[str, SlotValue]) -> bool:
        """Whether all values from closed sets are still in them; after a deploy one may be gone."""
        closed = self._closed
        for key, value in slots.items():
            if value and type(value) is str and key in closed and value not in closed[key]:
                return False
        return True

    def _page(self, sheet: Sheet, session: Session, facts: Facts) -> tuple[Option, ...]:
        """The options of the present page with their digits, then more, back, emergency numbers, leave.

        A turn asks twice, before the step and after it, and there are some hundreds of different pages: they are remembered.
        Those with places or services on them are not, because they would tell what people look for."""
        if sheet.id in self._final and not facts.channel.buttons:
            return self._numbered(sheet, session, self._lines(sheet, session, facts))
        return self._lines(sheet, session, facts)

    def _numbered(self, sheet: Sheet, session: Session, options: tuple[Option, ...]) -> tuple[Option, ...]:
        """Steps that cannot be undone take two digits, which another turn does not have."""
        final = self._final[sheet.id]
        first = session.turn * 37 + 11
        numbers = {id: 10 + (first + place) % 90 for place, id in enumerate(final)}
        return tuple(
            msgspec.structs.replace(option, digit=numbers[option.id]) if option.id in numbers else option for option in options
        )

    def _lines(self, sheet: Sheet, session: Session, facts: Facts) -> tuple[Option, ...]:
        choices = sheet.among(session, facts) if sheet.among is not None else ()
        conditions = self._conditions[sheet.id]
        hidden = tuple([key for key, only in conditions if not only(session, facts)]) if conditions else ()
        plan = self._plans.get((sheet.id, hidden)) or self._plan(sheet, hidden)
        size = len(plan.free)
        pages = max(1, -(-(len(choices) + len(plan.floating)) // size)) if size else 1
        start = int(session.slot("page", 0)) % pages * size
        labels = tuple([choice.label for choice in choices[start : start + size]]) if choices else ()
        for label in labels:
            if type(label) is not Country:
                return tuple(self._laid_out(plan, labels, start, len(choices), pages > 1, bool(session.back)))
        key = (sheet.id, hidden, labels, start, len(choices), bool(session.back))
        page = self._pages.get(key)
        if page is None:
            if len(self._pages) >= PAGES_REMEMBERED:
                self._pages.clear()
            page = Page(self._laid_out(plan, labels, start, len(choices), pages > 1, bool(session.back)))
            self._pages[key] = page
        return page

    @staticmethod
    def _laid_out(plan: _Plan, labels: tuple[Value, ...], start: int, choices: int, more: bool, back: bool) -> list[Option]:
        """A page that begins with choice number ``start`` of ``choices``; ``labels`` are those that stand on it."""
        shown: list[tuple[str, Value]] = [(f"#{number}", label) for number, label in enumerate(labels, start)]
        # Written options that have no digit of their own stand behind the computed ones, in the same line.
        shown += plan.floating[max(0, start - choices) : max(0, start + len(plan.free) - choices)]
        options = [Option(id, digit, label) for digit, (id, label) in zip(plan.free, shown, strict=False)]
        options += plan.fixed
        if plan.mixed:
            options.sort(key=lambda option: option.digit or 10)
        if more and not plan.has_more:
            options.append(_NAV_MORE)
        if back:
            options.append(_NAV_BACK)
        options += (_NAV_EMERGENCY, _NAV_LEAVE)
        return options

    def _plan(self, sheet: Sheet, hidden: tuple[str, ...]) -> _Plan:
        """What of a sheet's options is there whatever its computed choices are. There is one plan for each set of hidden ones."""
        floating: list[tuple[str, Value]] = []
        fixed: list[Option] = []
        for key, move in sheet.options.items():
            label = Phrase("nav.on" if key == "on" else f"{sheet.id}.{key}")
            if key in hidden:
                continue
            if move.digit is None:
                floating.append((key, label))
            else:
                fixed.append(Option(key, move.digit, label))
        taken = {option.digit for option in fixed}
        free = [digit for digit in range(1, 6) if digit not in taken][: sheet.size]
        fixed.sort(key=lambda option: option.digit or 10)
        mixed = bool(free) and any((option.digit or 10) < free[-1] for option in fixed)
        plan = _Plan(tuple(free), tuple(floating), tuple(fixed), mixed, has_more=MORE in taken)
        self._plans[sheet.id, hidden] = plan
        return plan

    def _move(self, option: str, session: Session, facts: Facts) -> Move | None:
        """The move behind an option that exists now, on whichever page it stands."""
        sheet = self.sheets[session.screen]
        if option.startswith("#") and sheet.among is not None:
            choices, number = sheet.among(session, facts), int(option[1:])
            return self._chosen(sheet, choices[number]) if number < len(choices) else None
        move = sheet.options.get(option)
        return move if move is None or move.only is None or move.only(session, facts) else None

    @staticmethod
    def _chosen(sheet: Sheet, choice: Choice) -> Move:
        filled = {**choice.set, sheet.slot: choice.value}
        then = sheet.then
        assert then is not None
        if isinstance(then, Go):
            return msgspec.structs.replace(then, set={**then.set, **filled})

        def pick(session: Session, event: Event, facts: Facts) -> Go | None:
            ahead = msgspec.structs.replace(session, slots={**session.slots, **filled})
            go = then.pick(ahead, event, facts)
            return None if go is None else msgspec.structs.replace(go, set={**filled, **go.set})

        return Branch(pick, *then.to)

    # -- moving

    def step(self, session: Session, event: Event, facts: Facts) -> Turn:
        """Take one step. Whatever the event, the result is a screen, or silence on leaving."""
        if session.screen not in self.sheets or not self._knows(session.slots):
            fresh = not session.screen or session.left
            session = msgspec.structs.replace(
                session, screen=self.hello if fresh else self.menu, slots=_lasting(session), back=(), misses=0, left=False
            )
            if not fresh and not isinstance(event, Command | Alarm):
                return self._draw(session, facts, Phrase("kernel.menu_changed"))
        sheet = self.sheets[session.screen]
        if sheet.addressed and (words := _to_a_person(event)) is not None:
            event = Said(words, Understood(topics=(event.name,)) if isinstance(event, Command) else Understood())
        if isinstance(event, Command):
            return self._command(session, event, facts)
        if isinstance(event, Alarm):
            return self._passed_on(sheet, session, event, facts) or self._alarm(self._led(session, event, facts), event, facts)
        if isinstance(event, Unclear):
            return self._unclear(session, event, facts)
        if isinstance(event, Outcome):
            return self._outcome(session, event, facts)
        move: Move | None
        if isinstance(event, Chose):
            if event.option in ("back", "emergency", "leave", "more") and event.option not in sheet.options:
                return self._command(session, Command(event.option), facts)
            move = self._move(event.option, session, facts)
        else:
            move = sheet.hears if isinstance(event, Said) else sheet.located
        go = _resolve(move, session, event, facts)
        if go is None and not isinstance(event, Chose):
            go = _resolve(self.understand, session, event, facts)
        if go is None:
            return self._unclear(session, Unclear(), facts)
        return self._asked(session, go, facts) if go.do is not None else self._draw(self._go(session, go), facts)

    def _asked(self, session: Session, go: Go, facts: Facts) -> Turn:
        """The turn waits for what an effect comes to."""
        assert go.do is not None
        pending = msgspec.structs.replace(session, slots={**session.slots, **go.set})
        return Turn(pending, None, (go.do(pending, facts),), go)

    def _go(self, session: Session, go: Go) -> Session:
        slots = {key: value for key, value in session.slots.items() if key != "page"} | go.set
        lang = str(slots.pop("lang", session.lang))
        back = session.back
        if go.to in back:
            back = back[: back.index(go.to)]
        elif go.to != session.screen and session.screen != self.hello:
            back = (*back, session.screen)[-BACK_LIMIT:]
        return session.at(go.to, slots=slots, lang=lang, back=back, misses=0)

    def _draw(self, session: Session, facts: Facts, *before: Value) -> Turn:
        first = session.turn == 0 and session.screen != self.hello
        session = msgspec.structs.replace(session, turn=session.turn + 1)
        screen = self.view(session, facts)
        if not (first or before):
            return Turn(session, screen)
        # Whoever never sees the first screen (a first message that names a need) is told the same in one line.
        after = (Foot(Phrase("kernel.automatic", {"minutes": facts.keep_minutes})),) if first else ()
        # Behind a card the screen itself gives way where there is no room; its choices stay.
        parts = (
            tuple(part if isinstance(part, Aside | Choices) else Aside(part) for part in screen.parts) if before else screen.parts
        )
        return Turn(session, msgspec.structs.replace(screen, parts=(*before, *parts, *after)))

    def _command(self, session: Session, event: Command, facts: Facts) -> Turn:
        name = event.name
        if name == "leave":
            return Turn(Session(left=True, seen=session.seen), None, (Effect("forget"),))
        if name == "emergency":
            return self._draw(session, facts, *self.emergency(session, facts))
        if session.turn == 0 and name in ("menu", "back", "more", "again", "es", "en", "pt"):
            # Whoever begins with a command, as every chat on Telegram does, is greeted first (E-3).
            return self._draw(session.at(self.hello, lang=name if name in LANGS else session.lang), facts)
        if name == "back":
            back = tuple(screen for screen in session.back if screen in self.sheets)
            if back:
                slots = {key: value for key, value in session.slots.items() if key != "page"}
                session = session.at(back[-1], back=back[:-1], slots=slots, misses=0)
            return self._draw(session, facts)
        if name == "more":
            own = next((option.id for option in self.options(session, facts) if option.digit == MORE), "more")
            if own != "more" or "more" in self.sheets[session.screen].options:
                return self.step(session, Chose(own), facts)  # the word means what the digit means here
            page = int(session.slot("page", 0)) + 1
            return self._draw(msgspec.structs.replace(session, slots={**session.slots, "page": page}, misses=0), facts)
        if name == "menu":
            return self._draw(session.at(self.menu, slots=_kept(session), back=(), misses=0), facts)
        if name == "language":
            return self._draw(self._go(session, Go(self.language)), facts)
        if name in ("es", "en", "pt"):
            target = self.menu if session.screen in self._languages else session.screen
            return self._draw(session.at(target, lang=name, misses=0), facts)
        if name in self.shortcuts:
            return self._draw(self._go(session, Go(self.shortcuts[name])), facts)
        return self._draw(session, facts)

    def _alarm(self, session: Session, event: Alarm, facts: Facts) -> Turn:
        minute = int(facts.now // 60)
        card, alone = self.alarm(event.kind, session, facts)
        last = session.alarms.get(event.kind)
        if last is None or minute - last >= 10:
            session = msgspec.structs.replace(session, alarms={**session.alarms, event.kind: minute})
        session = msgspec.structs.replace(session, misses=0)
        if not alone:
            return self._draw(session, facts, *card)
        turn = self._draw(session, facts)
        assert turn.screen is not None
        return Turn(turn.session, msgspec.structs.replace(turn.screen, parts=card, options=(), hears=False, asks_location=False))

    def _led(self, session: Session, event: Alarm, facts: Facts) -> Session:
        """Where words lead that bring a card: mostly nowhere."""
        go = _resolve(self.beside, session, event, facts)
        return session if go is None else self._go(session, go)

    def _passed_on(self, sheet: Sheet, session: Session, event: Alarm, facts: Facts) -> Turn | None:
        """Words to a person go to that person although they bring a card: the card then stands before the receipt. None where
        there is nobody whom they were meant for."""
        if not sheet.addressed or event.words is None:
            return None
        go = _resolve(sheet.hears, session, Said(event.words, event.understood, alarm=event.kind), facts)
        if go is None:
            return None
        if go.do is None:
            return self._alarm(self._go(session, go), Alarm(event.kind), facts)
        return self._asked(session, msgspec.structs.replace(go, alarm=event.kind), facts)

    def _unclear(self, session: Session, event: Unclear, facts: Facts) -> Turn:
        session = msgspec.structs.replace(session, misses=min(session.misses + 1, 9))
        said: list[Value] = [Phrase(f"unclear.{event.what}")]
        other_words = self.sheets[session.screen].other_words
        said += [Aside(Phrase(other_words))] if other_words and event.what == "text" else []
        if session.misses >= 2:
            said.append(Phrase("unclear.again"))
        if session.turn == 0:
            said = said if event.what != "text" else []
        return self._draw(session, facts, *said)

    def _outcome(self, session: Session, event: Outcome, facts: Facts) -> Turn:
        go = event.go
        target = go.to if event.result == "saved" else go.outcomes.get(event.result, _not_saved(go.to))
        if go.final and event.result == "saved":
            session = session.at(target, slots={**_lasting(session), **event.slots}, back=(), misses=0)
        else:
            session = self._go(session, Go(target, event.slots))
        return self._alarm(session, Alarm(go.alarm), facts) if go.alarm else self._draw(session, facts)


def _not_saved(screen: str) -> str:
    """The screen of the same topic that says that something was not kept."""
    return f"{screen.split('.', maxsplit=1)[0]}.not_saved"


def _to_a_person(event: Event) -> Words | None:
    """What was typed, where it only looks like a command or like nothing at all; None for digits and for ``MEANT``."""
    if isinstance(event, Command):
        return None if event.name in MEANT else event.words
    return event.words if isinstance(event, Unclear) else None


def _resolve(move: Move | None, session: Session, event: Event, facts: Facts) -> Go | None:
    return move if move is None or isinstance(move, Go) else move.pick(session, event, facts)


def _kept(session: Session) -> dict[str, SlotValue]:
    """What the menu keeps: the country and place already given, so that nobody is asked twice, and whose staff a later request is
    to leave out."""
    return {key: value for key, value in session.slots.items() if key in ("country", "place", "not_org", *LASTING)}


def _lasting(session: Session) -> dict[str, SlotValue]:
    return {key: value for key, value in session.slots.items() if key in LASTING}

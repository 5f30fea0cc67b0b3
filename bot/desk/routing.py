"""The one registry of the desk's pages: path, methods, who may ask, what answers.

Here belongs how a page is declared and found. Never here: what a page shows, sessions, headers, the rule who may do what
(``bot.staff.roles``), which this module only asks.

A page is declared beside its handler; nothing else has to know it::

    @page("/queue", allow=ANY_OF("see_queue"), nav=10)
    async def queue(visit: Visit) -> Response: ...

``bot.desk.app`` imports every module of ``bot.desk.pages``. A test walks every page with every role and compares with
``tests/desk/matrix.txt``.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from starlette.convertors import Convertor
from starlette.responses import Response
from starlette.routing import compile_path

from bot.desk import words
from bot.staff.roles import ACTIONS, Action, Actor, may

if TYPE_CHECKING:
    from bot.desk.visit import Visit

    Handler = Callable[[Visit], Awaitable[Response]]

#: Where the desk is mounted. Paths of pages are written without it.
ROOT: Final = "/desk"
#: Bytes of a request's body. A page that takes files says its own.
BODY_LIMIT: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Allow:
    """Who may ask for a page. Whether that person may see the *thing* asked for (its country, its organisation) the handler asks
    again, and raises ``NotHere`` where not."""

    actions: frozenset[Action] = frozenset()
    """Any one of them suffices; none: everybody who is signed in."""
    public: bool = False

    def __call__(self, actor: Actor | None) -> bool:
        if self.public:
            return True
        return actor is not None and (not self.actions or any(may(actor, action) for action in self.actions))


PUBLIC: Final = Allow(public=True)
"""Without signing in. Its requests must still come from our own pages."""
SIGNED_IN: Final = Allow()


def ANY_OF(*actions: Action) -> Allow:
    """Whoever may do one of these actions somewhere. Raises ValueError for a word that is no action."""
    unknown = sorted(set(actions) - set(ACTIONS))
    if unknown or not actions:
        raise ValueError(f"{', '.join(unknown) or 'Nothing'} is no action of bot.staff.roles; name one of them.")
    return Allow(frozenset(actions))


@dataclass(frozen=True, slots=True)
class Page:
    path: str
    methods: tuple[str, ...]
    allow: Allow
    handler: Handler
    nav: int = 0
    """Its place in the menu; 0: it is not there."""
    body_limit: int = BODY_LIMIT
    passive: bool = False
    """Asked for by a script on its own: does not count as somebody being there."""
    label: str = ""
    """What the menu calls it: an id of the catalogs."""
    pattern: re.Pattern[str] = field(default_factory=lambda: re.compile(""), repr=False)
    convertors: dict[str, Convertor[Any]] = field(default_factory=dict, repr=False)

    def match(self, path: str) -> dict[str, Any] | None:
        """The values of ``{names}`` in the path, or None."""
        found = self.pattern.match(path)
        if found is None:
            return None
        try:
            return {name: self.convertors[name].convert(value) for name, value in found.groupdict().items()}
        except ValueError:
            return None


class Registry:
    """All pages. A path and method is declared once."""

    def __init__(self) -> None:
        self.pages: list[Page] = []

    def add(self, page: Page) -> None:
        taken = [(other.path, method) for other in self.pages for method in other.methods]
        twice = [method for method in page.methods if (page.path, method) in taken]
        if twice:
            raise ValueError(f"{twice[0]} {page.path} is declared twice; one of the two has to go.")
        self.pages.append(page)

    def at(self, path: str) -> list[tuple[Page, dict[str, Any]]]:
        """Pages of this path, whatever their method. Those with fewer ``{names}`` come first."""
        found = [(page, values) for page in self.pages if (values := page.match(path)) is not None]
        return sorted(found, key=lambda each: len(each[1]))

    def menu(self, actor: Actor) -> Iterator[Page]:
        """Pages in the menu of this person, in order."""
        return (page for page in sorted(self.pages, key=lambda page: page.nav) if page.nav and page.allow(actor))


REGISTRY: Final = Registry()


def page(
    path: str,
    *,
    allow: Allow,
    methods: tuple[str, ...] = ("GET",),
    nav: int = 0,
    label: str = "",
    body_limit: int = BODY_LIMIT,
    passive: bool = False,
    registry: Registry = REGISTRY,
) -> Callable[[Handler], Handler]:
    """Declare the function below as what answers at ``path`` (``/ticket/{id:uuid}``: the converters of Starlette).

    ``nav``: its place in the menu, where it is in it, under ``label``; without one, the entry ``desk.<module>.nav``.
    """

    def declare(handler: Handler) -> Handler:
        pattern, _, convertors = compile_path(path)
        named = label or f"desk.{handler.__module__.rpartition('.')[2]}.nav"
        if nav:
            words.ask_for(named)
        registry.add(Page(path, methods, allow, handler, nav, body_limit, passive, named, pattern, convertors))
        return handler

    return declare

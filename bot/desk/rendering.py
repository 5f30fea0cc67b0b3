"""Templates to pages: the environment of Jinja and what every template may use.

Here belongs what all templates share. Never here: what one page shows, headers, a sentence.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2
from markupsafe import Markup
from starlette.responses import Response

from bot.desk.routing import REGISTRY, ROOT
from bot.desk.security import tag
from bot.desk.visit import Visit, dumped
from bot.desk.words import Words
from bot.staff import desk_sessions
from flows.facts import LANGS

if TYPE_CHECKING:
    from bot.desk.app import Desk

_HERE: Final = Path(__file__).parent
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
#: Scripts of every page of somebody who is signed in.
EVERYWHERE: Final = ("idle.js",)
NAMES: Final = {"es": "Español", "en": "English", "pt": "Português"}


class Rendering:
    """Draws pages and holds the static files. It keeps nothing of any request."""

    def __init__(self, desk: Desk, words: Words) -> None:
        self._desk, self._words = desk, words
        self._env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.files = {
            path.name: (path.read_bytes(), _TYPES[path.suffix]) for path in (_HERE / "static").iterdir() if path.suffix in _TYPES
        }
        self.marks = {name: f'"{hashlib.sha256(content).hexdigest()[:16]}"' for name, (content, _) in self.files.items()}

    def response(self, visit: Visit, template: str, status: int, context: dict[str, Any]) -> Response:
        """A page. What a template finds beside ``context`` is listed in ``_shared``."""
        drawn = self._env.get_template(template).render(**self._shared(visit), **context)
        return Response(drawn, status, media_type="text/html")

    def _shared(self, visit: Visit) -> dict[str, Any]:
        actor = visit.staff
        return {
            "t": visit.t,
            "lang": visit.lang,
            "langs": [(code, NAMES[code]) for code in LANGS],
            "visit": visit,
            "now": visit.now,
            "actor": actor,
            "at": at,
            "csrf": desk_sessions.csrf(visit.token) if actor else "",
            "tag": tag(visit.token) if actor else "",
            "idle_seconds": int(desk_sessions.IDLE.total_seconds()),
            "menu": list(REGISTRY.menu(actor)) if actor else [],
            "here": visit.page.path,
            "demo": self._desk.settings.mode == "demo",
            "root": ROOT,
            "script_words": partial(self._script_words, visit.lang),
            "everywhere": EVERYWHERE if actor else (),
        }

    def _script_words(self, lang: str, scripts: list[str]) -> Markup:
        """The sentences that these scripts say, as the content of a data element."""
        return Markup(dumped(self._words.of_scripts(lang, scripts)))


def at(path: str, **values: object) -> str:
    """``/queue`` -> ``/desk/queue``; ``{names}`` in the path are filled in."""
    return ROOT + (path.format(**values) if values else path)

"""What is written down about a turn: an allow-list of keys, and under each key only what cannot be a person's words.

Here belong the keys, the shapes of their values, the one place that writes log lines, and the silencing of libraries that
would write more. Never here: a message, an address, a coordinate, a token, the text of an exception (P-2).

A line is one JSON object. Its time is cut to the minute: lines stand in order anyway, and a minute does not match a turn
with a carrier's record. Lines of libraries carry their logger, level and place in the source, never their message.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, TextIO

import msgspec

#: Every key that a line may carry, and what it means. Anything else is dropped and counted in ``dropped``.
KEYS: Final = {
    "channel": "telegram, sms, whatsapp or simulator",
    "screen": "screen id",
    "outcome": "answered, left, redelivered, limited, saved …",
    "ms": "duration in milliseconds",
    "count": "how many",
    "rows": "how many rows",
    "build": "number of the directory snapshot in use",
    "age_s": "age in seconds of what is shown",
    "store": "sessions or database",
    "job": "name of a recurring job",
    "rule": "code of a finding of the doctor",
    "mode": "demo or live",
    "port": "port listened on",
    "error": "type of an exception",
}

#: What a word may look like: an identifier. Four digits in a row at most, so that no number or code of a person fits.
_WORD = re.compile(r"(?!.*[0-9]{5})[A-Za-z][A-Za-z0-9_.:-]{0,63}\Z")
#: Above every duration and count, below every chat id and telephone number.
_MOST = 10_000_000

#: Libraries whose lines hold addresses, tokens or texts. Nothing of theirs is written at any level: at INFO httpx writes
#: the whole bot token, at DEBUG python-telegram-bot writes what was typed and by whom.
SILENT: Final = (
    "aiohttp", "aiosqlite", "alembic.runtime.migration", "asyncio.sslproto", "hpack", "httpcore", "httpx", "psycopg", "redis",
    "requests", "sqlalchemy", "telegram", "twilio", "urllib3", "uvicorn.access", "uvicorn.asgi", "websockets",
)  # fmt: skip

_BELOW_SILENT = tuple(f"{name}." for name in SILENT)

#: For ``uvicorn.run``: no access log, and no logging set-up of its own in place of ours.
UVICORN: Final[dict[str, Any]] = {"log_config": None, "access_log": False}

_encode = msgspec.json.Encoder().encode
_harmless: set[str] = set()
_shown_minute = (0, "")
_lock = threading.Lock()
_out: TextIO | None = None
_waiting: list[str] = []
_planned: asyncio.AbstractEventLoop | None = None
"""The loop that will write what waits."""
_turns: dict[tuple[str, str, str], str] = {}
_threshold = logging.INFO


def event(name: str, /, *, level: int = logging.INFO, **facts: object) -> None:
    """Write one line about ``name``. Facts under keys that are not in ``KEYS``, or of a shape that might hold a person's words,
    are dropped; how many is written as ``dropped``. Does nothing before ``configure``."""
    if _out is None or level < _threshold:
        return
    line: dict[str, object] = {"at": _minute(), "level": logging.getLevelName(level).lower(), "event": _word(name)}
    dropped = 0
    for key, value in facts.items():
        if key in KEYS and (safe := _safe(value)) is not None:
            line[key] = safe
        else:
            dropped += 1
    if dropped:
        line["dropped"] = dropped
    _write(line)


def turn(channel: str, screen: str, outcome: str, seconds: float) -> None:
    """Write the line of one answered message: what ``event("turn", …)`` would write, for a quarter of its cost.

    What such a line says beside its time is put together once for each channel, screen and outcome, and the lines of one pass
    of the event loop leave in one write. Any other line takes them along, so they stay in order."""
    global _planned
    if _out is None or _threshold > logging.INFO:
        return
    known = _turns.get((channel, screen, outcome))
    if known is None:
        line: dict[str, object] = {"level": "info", "event": "turn"}
        told = {"channel": channel, "screen": screen, "outcome": outcome}
        line |= {key: safe for key, value in told.items() if (safe := _safe(value)) is not None}
        if dropped := len(told) + 2 - len(line):
            line["dropped"] = dropped
        known = _encode(line).decode()[1:-1]
        if len(_turns) < 2000:
            _turns[channel, screen, outcome] = known
    _waiting.append(f'{{"at":"{_minute()}",{known},"ms":{min(seconds * 1000, _MOST):.1f}}}\n')
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # nobody would come back for it
        _flush()
        return
    if _planned is not loop:
        loop.call_soon(_flush)
        _planned = loop


def failure(name: str, error: BaseException, /, *, level: int = logging.ERROR, **facts: object) -> None:
    """Like ``event``, with the types and places of an exception and of all that caused it: never its message or variables."""
    if _out is None or level < _threshold:
        return
    line: dict[str, object] = {"at": _minute(), "level": logging.getLevelName(level).lower(), "event": _word(name)}
    line |= {key: safe for key, value in facts.items() if key in KEYS and (safe := _safe(value)) is not None}
    _write(line | {"error": list(_chain(error))})


def configure(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send every line of the program, of libraries and of crashes to ``stream`` (standard error) under the rules above."""
    global _out, _threshold
    _out, _threshold = stream or sys.stderr, level
    # Otherwise a failure while logging prints the arguments of the line that failed.
    logging.raiseExceptions = False
    logging.lastResort = None
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [_Handler()]
    root.setLevel(max(level, logging.INFO))
    silence()
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed
    sys.unraisablehook = _unraisable


def silence() -> None:
    """Take the voice of the libraries in ``SILENT`` away, whatever handlers others add and whatever level others set."""
    for name in SILENT:
        logger = logging.getLogger(name)
        logger.handlers[:] = [logging.NullHandler()]
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
        logger.disabled = True
    # Loggers that a library made before: whoever set a level on one of them would have made it speak again.
    for name, made in list(logging.Logger.manager.loggerDict.items()):
        if isinstance(made, logging.Logger) and name.startswith(_BELOW_SILENT):
            made.handlers[:] = []
            made.setLevel(logging.NOTSET)
            made.propagate = True


# --- shapes ----------------------------------------------------------------------------------------------------------


def _safe(value: object) -> object:
    """The value as it may be written, or None."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return round(value, 1) if -1 <= value < _MOST else None
    if isinstance(value, str) and (value in _harmless or _is_word(value)):
        return value
    return None


def _word(name: str) -> str:
    return name if name in _harmless or _is_word(name) else "unnamed"


def _is_word(text: str) -> bool:
    if not _WORD.match(text):
        return False
    if len(_harmless) < 2000:
        _harmless.add(text)  # the same few names come with every turn
    return True


def _minute() -> str:
    global _shown_minute
    minute = int(time.time() // 60)
    if minute != _shown_minute[0]:
        _shown_minute = minute, time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(minute * 60))
    return _shown_minute[1]


def _chain(error: BaseException, depth: int = 0) -> Iterator[str]:
    """``Type at module:line < module:line``, innermost place first, then what it came from."""
    frames = [f"{frame.f_globals.get('__name__', '?')}:{number}" for frame, number in traceback.walk_tb(error.__traceback__)]
    places = " < ".join(frames[:-9:-1])
    yield f"{type(error).__module__}.{type(error).__qualname__}" + (f" at {places}" if places else "")
    if depth >= 8:
        return
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions[:4]:
            yield from _chain(inner, depth + 1)
    if (cause := error.__cause__ or (None if error.__suppress_context__ else error.__context__)) is not None:
        yield from _chain(cause, depth + 1)


def _write(line: dict[str, object]) -> None:
    if _out is None:
        return
    _waiting.append(_encode(line).decode() + "\n")
    _flush()


def _flush() -> None:
    """Write all lines that wait."""
    global _planned
    _planned = None
    out = _out
    try:
        with _lock:
            text = "".join(_waiting)
            _waiting.clear()
            if out is not None and text:
                out.write(text)
                out.flush()
    except (OSError, ValueError):
        # A closed or full pipe must not stop an answer to a person, and there is nowhere left to say so.
        return


# --- libraries and crashes -------------------------------------------------------------------------------------------


class _Handler(logging.Handler):
    """Writes that a library said something, and where in its source: never what. Our own modules may add facts (``extra=``)."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name in SILENT or record.name.startswith(_BELOW_SILENT):
            return
        line: dict[str, object] = {
            "at": _minute(),
            "level": record.levelname.lower(),
            "event": "library",
            "logger": _word(record.name),
            "where": f"{_word(record.module)}:{record.lineno}",
        }
        if record.name.startswith(("bot.", "flows.")):
            line["event"] = "notice"
            line |= {key: safe for key in KEYS if (safe := _safe(record.__dict__.get(key))) is not None}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = list(_chain(record.exc_info[1]))
        _write(line)

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: the usual way prints the arguments of the record."""


def _crashed(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    failure("crashed", error.with_traceback(place), level=logging.CRITICAL)


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        failure("thread_crashed", args.exc_value, level=logging.CRITICAL)


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    if args.exc_value is not None:
        failure("lost_error", args.exc_value)

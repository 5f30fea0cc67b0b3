"""Hears everything that is written anywhere: log records of every logger at DEBUG, and the program's own lines.

Here belongs only the listening, for the tests that look for what must not be there (P-2).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class _Handler(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.NOTSET)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(f"{record.name} {self.format(record)} {record.args!r} {record.exc_info!r}")


class _Stream:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def write(self, line: str) -> None:
        self._lines.append(line)

    def flush(self) -> None:
        pass


@contextmanager
def everything_written() -> Iterator[list[str]]:
    """Lines as they are written while the block runs, at the most talkative level that every library has."""
    lines: list[str] = []
    root = logging.getLogger()
    loggers = [root, *(each for each in logging.Logger.manager.loggerDict.values() if isinstance(each, logging.Logger))]
    levels = [(each, each.level) for each in loggers]
    handlers = root.handlers
    loop = asyncio.get_running_loop()
    debug = loop.get_debug()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.logs._out", _Stream(lines))
        patch.setattr("bot.logs._threshold", logging.NOTSET)
        root.handlers = [_Handler(lines)]
        loop.set_debug(True)
        for each in loggers:
            each.setLevel(logging.DEBUG)
        try:
            yield lines
        finally:
            root.handlers = handlers
            loop.set_debug(debug)
            for each, level in levels:
                each.setLevel(level)

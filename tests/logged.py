"""What the program writes to its log while a block lasts, at the most talkative level, with everything put back afterwards."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
from collections.abc import Iterator

from bot import logs


@contextlib.contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.raiseExceptions, logging.lastResort)
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook, logs._out, logs._threshold)
    out = io.StringIO()
    logs.configure(out, logging.DEBUG)
    try:
        yield out
    finally:
        root.handlers[:], _, logging.raiseExceptions, logging.lastResort = before
        root.setLevel(before[1])
        logging.captureWarnings(False)
        sys.excepthook, threading.excepthook, sys.unraisablehook, logs._out, logs._threshold = hooks
        for name in logs.SILENT:
            logger = logging.getLogger(name)
            logger.handlers[:], logger.disabled, logger.propagate = [], False, True
            logger.setLevel(logging.NOTSET)

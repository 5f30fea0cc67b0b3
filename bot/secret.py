"""The process secret: 32 bytes or more that no store ever holds.

Here belongs where it comes from: the setting ``SECRET_KEY``, or in demo mode chance, anew at each start, so that there is no
demo key that anybody could know. Never here: what is derived from it (``bot.vault``).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Final

from bot.settings import Settings

LENGTH: Final = 32
"""Bytes."""

#: Fewer different bytes than this in a key are no work of chance: 32 random bytes have 30 on average.
_VARIETY: Final = 16


class BadSecret(ValueError):
    """``SECRET_KEY`` cannot be used; the text says why and what to do."""


def process_secret(settings: Settings) -> bytes:
    """The bytes behind ``SECRET_KEY``; in demo mode, where it is not set, random ones: call it once and hand it on.

    Raises BadSecret."""
    given = settings.secret_key.get_secret_value()
    if not given and settings.mode == "demo":
        return secrets.token_bytes(LENGTH)
    return decoded(given)


def decoded(given: str) -> bytes:
    """The bytes of a key written as base64 (usual or URL-safe). Raises BadSecret."""
    how = f'Make one with: python -c "import base64, os; print(base64.b64encode(os.urandom({LENGTH})).decode())"'
    if not given:
        raise BadSecret(f"SECRET_KEY is not set. {how}")
    try:
        raw = base64.b64decode(given.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise BadSecret(f"SECRET_KEY is not base64. {how}") from None
    if len(raw) < LENGTH:
        raise BadSecret(f"SECRET_KEY has {len(raw)} bytes; at least {LENGTH} are needed. {how}")
    if len(set(raw)) < _VARIETY:
        raise BadSecret(f"SECRET_KEY was written by hand or is an example; it must come from chance. {how}")
    return raw

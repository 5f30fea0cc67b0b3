"""In how many ways something secret may be written, and whether any of them stands in some bytes.

Here belong the writings. Never here: where to look (``tests.privacy.places``), what is secret.

    secrets = Secrets({"note": "…", "number": "+573001234567", "key": b"…"})
    assert not secrets.found("redis", dumped)
"""

from __future__ import annotations

import base64
import hashlib
import json
import quopri
import re
import unicodedata
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

from bot import gsm7

#: Between the digits of a number: what people and machines write there. NUL: digits of two or four bytes.
_BETWEEN = rb"(?:[ \x00.,()/_+-]|\xc2\xa0|%20){0,4}"
_SHORT = 9
"""Digits. Of a longer number so many in a row, from its end, are found too; fewer would turn up by chance."""


_CODED = ("typed", "small without accents")
"""What a program makes of words before it would encode them: nothing, or what is compared with catalogs."""


class Secrets:
    """Named secrets in all their writings. ``found`` gives names and writings, never a secret."""

    def __init__(self, named: Mapping[str, str | bytes]) -> None:
        self._needles: dict[bytes, str] = {}
        self._patterns: list[tuple[re.Pattern[bytes], str]] = []
        for name, secret in named.items():
            if isinstance(secret, bytes):
                self._add(name, _of_bytes(secret))
                continue
            digits = "".join(each for each in secret if each.isdecimal())
            if len(digits) >= _SHORT and not any(each.isalpha() for each in secret):
                self._patterns += _patterns(digits, name)
                self._add(name, _of_number(digits, secret))
            else:
                self._add(name, _of_text(secret))

    def __len__(self) -> int:
        return len(self._needles) + len(self._patterns)

    def _add(self, name: str, written: Iterator[tuple[str, bytes]]) -> None:
        for how, needle in written:
            assert len(needle) >= 4, f"{name} as {how} is too short to be told from chance"
            self._needles.setdefault(needle, f"{name} as {how}")

    def found(self, place: str, held: bytes) -> list[str]:
        """What stands there, as sentences; empty when nothing does."""
        shown = [what for needle, what in self._needles.items() if needle in held]
        shown += [what for pattern, what in self._patterns if pattern.search(held)]
        return [f"{place}: {what}" for what in dict.fromkeys(shown)]


# --- words -----------------------------------------------------------------------------------------------------------


def _of_text(text: str) -> Iterator[tuple[str, bytes]]:
    for way, variant in _variants(text).items():
        for code in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
            yield f"{way}, {code}", variant.encode(code)
        if way in _CODED:
            yield from ((f"{way}, {how}", needle) for how, needle in _coded(variant.encode()))
        yield f"{way}, JSON", json.dumps(variant)[1:-1].encode()
        yield f"{way}, escaped", repr(variant.encode())[2:-1].encode()
        yield f"{way}, quoted-printable", quopri.encodestring(variant.encode()).rstrip()
        yield f"{way}, references", "".join(f"&#{ord(each)};" if ord(each) > 127 else each for each in variant).encode()
        for safe in ("", "/"):
            yield f"{way}, percent", quote(variant, safe=safe).encode()
            yield f"{way}, form", quote_plus(variant, safe=safe).encode()
        yield f"{way}, percent in small letters", re.sub("%..", lambda each: each[0].lower(), quote(variant)).encode()
    yield from _hashed(text.encode())


def _variants(text: str) -> dict[str, str]:
    plain = "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))
    return {
        "typed": text,
        "small": text.lower(),
        "capital": text.upper(),
        "without accents": plain,
        "small without accents": plain.lower(),
        "decomposed": unicodedata.normalize("NFD", text),
        "SMS": gsm7.to_gsm7(text),
        "backwards": text[::-1],
    }


# --- numbers ---------------------------------------------------------------------------------------------------------


def _patterns(digits: str, name: str) -> list[tuple[re.Pattern[bytes], str]]:
    """Grouped in whatever way, with digits of one to four bytes, forwards and backwards; its end alone is enough."""
    end = digits[-max(_SHORT, len(digits) - 3) :]
    return [
        (re.compile(_BETWEEN.join(each.encode() for each in written)), f"{name} as digits{how}")
        for how, written in (("", end), (" backwards", end[::-1]))
    ]


def _of_number(digits: str, typed: str) -> Iterator[tuple[str, bytes]]:
    number = int(digits)
    least = (number.bit_length() + 7) // 8
    if least >= 5:  # four bytes turn up by chance
        yield "whole number", number.to_bytes(least)
        yield "whole number, small end first", number.to_bytes(least, "little")
    if len(digits) > 10:
        yield "packed digits", bytes.fromhex(digits.rjust(len(digits) + len(digits) % 2, "0"))
    for written in {digits, typed, f"+{digits}", digits[2:]}:
        yield from ((how, needle) for how, needle in _coded(written.encode()))
        yield "full width", "".join(chr(0xFF10 + int(each)) if each.isdigit() else each for each in written).encode()
        for before in ("", "sms:", "whatsapp:", "telegram:", "sms\0"):
            yield from _hashed((before + written).encode())


# --- bytes -----------------------------------------------------------------------------------------------------------


def _of_bytes(raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield "bytes", raw
    yield "bytes backwards", raw[::-1]
    yield "escaped", repr(raw)[2:-1].encode()
    yield from _coded(raw)
    yield from _hashed(raw)


def _coded(raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield "hex", raw.hex().encode()
    yield "hex in capitals", raw.hex().upper().encode()
    yield "hex with spaces", raw.hex(" ").encode()
    for before in range(3):
        # Wherever it begins in what was encoded: without the letters that its neighbours have a part in.
        inner = base64.b64encode(b"\0" * before + raw)[-(-before * 8 // 6) :].rstrip(b"=")
        inner = inner[: (len(raw) * 8 - (-before * 8) % 6) // 6]
        yield "base64", inner
        yield "base64 for addresses", inner.translate(bytes.maketrans(b"+/", b"-_"))
    for before in range(5):
        inner = base64.b32encode(b"\0" * before + raw)[-(-before * 8 // 5) :].rstrip(b"=")
        yield "base32", inner[: (len(raw) * 8 - (-before * 8) % 5) // 5]


def _hashed(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """A hash without a key is the thing itself for whoever tries all numbers. Its first 12 bytes are looked for."""
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        digest = hashlib.new(name, raw).digest()[:12]
        yield f"{name}", digest
        yield f"{name} in hex", digest.hex().encode()
        yield f"{name} in base64", base64.b64encode(digest)

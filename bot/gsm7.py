"""What fits into an SMS and what it costs: the GSM 7-bit alphabet, segments, and the way into that alphabet. Pure.

Here belong the alphabet of 3GPP TS 23.038 (basic table and extension; no national tables: nobody promises them), the
count of segments as carriers bill them, and the folding of letters and marks that are outside. Never here: sentences,
budgets (they are tests of the content), anything that sends.

Two ways into the alphabet, on purpose:

- ``fold`` is for sentences of the catalogs. It touches the few letters and marks that Spanish, Portuguese and
  typography bring along, and keeps every letter of the alphabet (ñ é ü ¿ ¡ à ò …). Whatever is still outside,
  ``foreign`` names, so that a test can refuse it.
- ``to_gsm7`` is for whole messages that carry names from the directory. Its result always fits: other Latin letters
  lose their mark, letters of other scripts become one "?", and pictures, which carry no fact of their own, go.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

#: The basic table: one septet each. ESC is in the table but is no letter.
BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: The extension table: two septets each, which stay in one segment.
EXTENSION: Final = "\f^{}\\[~]|€"

#: Septets (GSM-7) or UTF-16 units (UCS-2) of a message that is alone, and of each part of a longer one.
ALONE_GSM7, PART_GSM7 = 160, 153
ALONE_UCS2, PART_UCS2 = 70, 67

_OUTSIDE: Final = re.compile(f"[^{re.escape(BASIC + EXTENSION)}]")
_EXTENDED: Final = re.compile(f"[{re.escape(EXTENSION)}]")

#: Letters of Spanish and Portuguese that the alphabet lacks. ñ, é, ü, à and capital Ç are in it and are never touched.
_LETTERS: Final = {
    "á": "a", "í": "i", "ó": "o", "ú": "u", "ã": "a", "õ": "o", "ç": "c", "â": "a", "ê": "e", "ô": "o",
    "Á": "A", "Í": "I", "Ó": "O", "Ú": "U", "Ã": "A", "Õ": "O", "Â": "A", "Ê": "E", "Ô": "O", "À": "A",
    "ª": "a", "º": "o", "°": "o",
}  # fmt: skip

#: Typographic marks and their plain forms.
_SPACES: Final = "\t\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_INVISIBLE: Final = "\u00ad\u2060\ufeff" + "".join(map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F))))
_MARKS: Final = (
    dict.fromkeys("“”„‟«»″‶˝❝❞＂", '"')
    | dict.fromkeys("‘’‚‛‹›′‵´`ʼʹˈ❛❜＇", "'")
    | dict.fromkeys("‐‑‒–—―−⁃﹘﹣－", "-")
    | dict.fromkeys("•·‣◦▪▫●○■□∙⋅・", "-")
    | dict.fromkeys(_SPACES, " ")
    | dict.fromkeys("\u2028\u2029\u0085\v\f", "\n")
    | dict.fromkeys(_INVISIBLE, "")
    | {"…": "...", "→": "->", "➔": "->", "➜": "->", "➡": "->", "←": "<-", "⬅": "<-", "↔": "<->", "⇒": "=>", "⇨": "=>",
       "▶": ">", "►": ">", "▸": ">", "◀": "<", "◄": "<", "×": "x", "÷": "/", "⁄": "/", "≤": "<=", "≥": ">=", "≠": "<>",
       "¢": "c", "₡": "CRC "}
)  # fmt: skip

_FOLDED: Final = _LETTERS | _MARKS
#: Whatever ``to_gsm7`` changes: all that is outside, and the page break, which is in the alphabet.
_FOREIGN: Final = re.compile(f"[^{re.escape(BASIC + EXTENSION)}]|\f")
_FOLDABLE: Final = re.compile(f"[{re.escape(''.join(_FOLDED))}]")

_DROPPED, _UNREADABLE = "\x00", "\x01"
_DROPPED_AT_END: Final = re.compile(" *\x00[\x00 ]*(?=\n|$)")
_DROPPED_AFTER_SPACE: Final = re.compile("(^|[ \n])\x00+ ?")


def septets(text: str) -> int | None:
    """How many septets ``text`` takes in GSM-7; None where it holds something outside of it."""
    if _OUTSIDE.search(text):
        return None
    return len(text) + len(_EXTENDED.findall(text))


def encoding(text: str) -> Literal["gsm7", "ucs2"]:
    """The encoding in which a carrier sends ``text``: one letter outside GSM-7 turns the whole message into UCS-2."""
    return "ucs2" if _OUTSIDE.search(text) else "gsm7"


def segments(text: str) -> int:
    """How many SMS ``text`` is billed as. 0 for nothing at all, because nothing is sent then."""
    if not text:
        return 0
    count = septets(text)
    if count is None:
        if len(text.encode("utf-16-be", "surrogatepass")) // 2 <= ALONE_UCS2:
            return 1
    elif count <= ALONE_GSM7:
        return 1
    elif count == len(text):
        return -(-count // PART_GSM7)
    return len(split(text))


def split(text: str) -> list[str]:
    """The segments themselves, in order. Neither an escaped letter nor a surrogate pair is cut in two."""
    if not text:
        return []
    if encoding(text) == "gsm7":
        alone, part, widths = ALONE_GSM7, PART_GSM7, [2 if letter in EXTENSION else 1 for letter in text]
    else:
        alone, part, widths = ALONE_UCS2, PART_UCS2, [2 if ord(letter) > 0xFFFF else 1 for letter in text]
    if sum(widths) <= alone:
        return [text]
    cuts, filled = [0], 0
    for position, width in enumerate(widths):
        if filled + width > part:
            cuts.append(position)
            filled = 0
        filled += width
    return [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]


def fold(text: str) -> str:
    """``text`` with á í ó ú ã õ ç â ê ô, their capitals and typographic marks in GSM-7 form; everything else as it was.

    Letters that are typed as base and accent are joined first, so that ñ stays ñ however it was typed.
    """
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return _plain(text)


def _plain(text: str) -> str:
    return _FOLDABLE.sub(lambda found: _FOLDED[found.group()], text)


def foreign(text: str) -> set[str]:
    """The letters and marks of ``text`` that are outside GSM-7."""
    return set(_OUTSIDE.findall(text))


def to_gsm7(text: str) -> str:
    """``text`` in GSM-7, whatever it held: names from a directory may hold anything.

    Folded; then other Latin letters lose their mark (ë, ş), compatible forms become plain (full-width, ²), each run of
    letters of another script becomes one "?", and what carries no fact (pictures, emoji, controls) goes, with the space
    that it stood in.
    """
    if not _FOREIGN.search(text):
        return text
    text = fold(text)
    if not _OUTSIDE.search(text):
        return text
    text = _OUTSIDE.sub(_nearest, text)
    text = _DROPPED_AT_END.sub("", text)
    text = _DROPPED_AFTER_SPACE.sub(r"\1", text).replace(_DROPPED, "")
    return re.sub(f"{_UNREADABLE}+", "?", text)


def _nearest(found: re.Match[str]) -> str:
    letter = found.group()
    known = _BASES.get(letter)
    if known is not None:
        return known
    plain = _plain(unicodedata.normalize("NFKD", letter))
    kept = "".join(part for part in plain if not _OUTSIDE.match(part))
    if kept.strip():
        return kept
    return _UNREADABLE if unicodedata.category(letter)[0] in "LN" or unicodedata.category(letter) == "Sc" else _DROPPED


#: Latin letters that do not come apart into a base and a mark.
_BASES: Final = {
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "œ": "oe", "Œ": "OE", "ı": "i",
    "ẞ": "SS", "ŋ": "ng", "Ŋ": "Ng", "ħ": "h", "Ħ": "H", "ɨ": "i", "ʉ": "u", "ꞌ": "'", "©": "(c)",
}  # fmt: skip

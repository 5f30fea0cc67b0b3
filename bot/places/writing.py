"""How names of places are written: folding, abbreviations, words run together, one slip of the finger.

Here belong pure functions from text to text. Never here: which names exist (``bot.places.homes``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice, product

#: A text is cut to this many characters before anything else happens to it: no answer is longer, a paste may be.
LONGEST = 1_000

_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘´`ʼ"))  # Martha's, d'Oeste, O'Higgins: one word
_LETTERS = _APOSTROPHES | {ord(c): s for c, s in {"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d"}.items()}


def fold(text: str) -> str:
    """A text in the form in which names are compared: lower case, no accents, words of a-z and 0-9 parted by one space.

    >>> fold("  Cd. Juárez, CHIH.")
    'cd juarez chih'
    """
    text = text[:LONGEST].lower()
    if text.isascii():
        text = text.translate(_APOSTROPHES)
    else:
        text = unicodedata.normalize("NFKD", text.translate(_LETTERS))
        # marks on letters (Mn) and invisible format characters (Cf: zero width, right-to-left) part no words
        text = "".join(c for c in text if unicodedata.category(c) not in {"Mn", "Cf"})
    return " ".join(_WORD.findall(text))


#: What people shorten, and what it may stand for.
ABBREVIATIONS: dict[str, tuple[str, ...]] = {
    "s": ("san", "santa", "sao", "santo"),
    "sn": ("san",),
    "sta": ("santa",),
    "sto": ("santo",),
    "snta": ("santa",),
    "snto": ("santo",),
    "st": ("saint", "san"),
    "saint": ("st",),
    "sao": ("san",),
    "cd": ("ciudad", "cidade"),
    "cdad": ("ciudad",),
    "ciu": ("ciudad",),
    "cid": ("cidade",),
    "pto": ("puerto", "porto"),
    "pta": ("punta", "ponta"),
    "pte": ("puente", "ponte"),
    "pt": ("point", "port"),
    "gral": ("general",),
    "gal": ("general",),
    "gob": ("gobernador",),
    "gov": ("governador",),
    "pres": ("presidente",),
    "pdte": ("presidente",),
    "fco": ("francisco",),
    "fdo": ("fernando",),
    "ma": ("maria",),
    "dr": ("doctor", "doutor"),
    "cnel": ("coronel",),
    "cel": ("coronel",),
    "cap": ("capitan",),
    "mons": ("monsenor",),
    "vlla": ("villa",),
    "vla": ("villa", "vila"),
    "v": ("villa", "vila"),
    "villa": ("vila",),
    "vila": ("villa",),
    "nva": ("nueva", "nova"),
    "nvo": ("nuevo", "novo"),
    "nov": ("novo", "nova"),
    "n": ("nuevo", "nueva", "norte"),
    "sra": ("senora",),
    "ft": ("fort",),
    "fort": ("ft",),
    "mt": ("mount",),
    "mount": ("mt",),
    "hts": ("heights",),
    "spgs": ("springs",),
    "gpe": ("guadalupe",),
    "lag": ("laguna",),
    "qta": ("quinta",),
    "fte": ("fuerte",),
    "guad": ("guadalajara", "guadalupe"),
    "i": ("isla",),
    "is": ("isla",),
    "x": ("por",),
}

_ARTICLES = ("de", "del", "de la", "de los", "de las", "la", "el", "los", "las", "do", "da", "dos", "das")


def expansions(words: list[str], limit: int = 24) -> Iterator[str]:
    """The name with its abbreviations written out, the name as it stands left out; at most ``limit`` forms."""
    if any(word in ABBREVIATIONS for word in words):
        forms = product(*((word, *ABBREVIATIONS.get(word, ())) for word in words))
        for form in islice(forms, 1, limit + 1):
            yield " ".join(form)


def respaced(words: list[str]) -> Iterator[str]:
    """The name with its words run together ("tecunuman"), or one long word parted in two or three ("boa vista")."""
    if len(words) > 1:
        yield "".join(words)
        for i in range(len(words) - 1):
            yield " ".join((*words[:i], words[i] + words[i + 1], *words[i + 2 :]))
        return
    word = words[0]
    if not 6 <= len(word) <= 24:
        return
    for i in range(2, len(word) - 1):
        yield f"{word[:i]} {word[i:]}"
    for i in range(2, len(word) - 3):
        for j in range(i + 2, len(word) - 1):
            yield f"{word[:i]} {word[i:j]} {word[j:]}"


def articled(words: list[str]) -> Iterator[str]:
    """The name with one "del", "de la", ... put in or left out ("villa rosario": "villa del rosario")."""
    for i in range(len(words)):
        if len(words) > 1 and words[i] in {"de", "del", "la", "el", "los", "las", "do", "da", "the"}:
            yield " ".join((*words[:i], *words[i + 1 :]))
    for i in range(len(words)):
        for article in _ARTICLES if i else ("la", "el", "los", "las"):
            yield " ".join((*words[:i], article, *words[i:]))


_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def one_edit(name: str) -> Iterator[str]:
    """Every name that is one slip away: a letter missing, doubled, wrong or swapped with the next. About 55 for each letter."""
    for i in range(len(name)):
        head, tail = name[:i], name[i + 1 :]
        yield head + tail
        if tail and tail[0] != name[i]:
            yield head + tail[0] + name[i] + tail[1:]
        for letter in _ALPHABET:
            yield head + letter + tail
            yield head + letter + name[i] + tail
    for letter in _ALPHABET:
        yield name + letter


_SPELLINGS = tuple(
    tuple(pair.split(">"))
    for line in (
        "k>c k>qu qu>k c>k w>hu w>gu hu>w gu>w x>s s>x ll>y y>ll z>s s>z c>s s>c b>v v>b",
        "ph>f sh>ch nh>n lh>ll ss>s rr>r j>h h>j h> i>y y>i g>j j>g",
    )
    for pair in line.split()
)


def sound_alikes(name: str) -> Iterator[str]:
    """The name with one spelling of a sound put for another throughout ("huakillas": "huaquillas"), or two of them."""
    once = list(dict.fromkeys(name.replace(old, new) for old, new in _SPELLINGS if old in name))
    yield from once
    for form in once[:12]:
        for old, new in _SPELLINGS:
            if old in form:
                yield form.replace(old, new)


_SOUNDS = ("bv", "szc", "kc", "yi", "jg", "gh", "mn", "yl", "uw", "sx", "jx")


def sounds_like(a: str, b: str) -> bool:
    """Whether two names one slip apart are said alike: b/v, s/z/c, y/i, a silent h, a doubled letter."""
    if len(a) == len(b):
        differing = [(x, y) for x, y in zip(a, b, strict=True) if x != y]
        return len(differing) == 1 and any(differing[0][0] in s and differing[0][1] in s for s in _SOUNDS)
    long, short = (a, b) if len(a) > len(b) else (b, a)
    for i in range(len(long)):
        if long[:i] + long[i + 1 :] == short:
            return long[i] == "h" or long[i : i + 1] in (long[i - 1 : i], long[i + 1 : i + 2])
    return False

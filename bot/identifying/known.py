"""What a capital letter stands for when it stands for no person: a place, or a word that everybody uses.

Here belong the names of places and the common words, read when first asked for. Never here: names of people, or organisations
(``data/identifying.toml``).
"""

from __future__ import annotations

import re
from functools import cache

from bot.countries import DATA
from bot.identifying.flat import lists
from bot.places import fold, names_of_towns
from bot.places.files import words_of
from bot.places.lands import country_named, outside_named, region_names
from bot.places.spelling import sound

#: How words end that say where somebody comes from, what somebody does or how somebody is: "maracucho", "albañil", "caraqueña".
_DESCRIBES = re.compile(
    r"(?:ens[ei]s?|[eañ]n[oa]s?|an[oa]s?|in[oa]s?|[td]or[ae]?s?|er[oa]s?|eir[oa]s?|ist[ai]s?|olog[oa]s?|ic[oa]?s?|ian|ish|ese|"
    r"ing|ed|ist|eu|eia|"
    r"[ai]d[oa]s?|ente|ante|os[oa]s?|iv[oa]s?|[uú]ch[oa]s?|ol[ao]?|es[ao]|al|ar|il|ly|less|tion|ness|ment|ism|[cs]ion|[cs]ao|"
    r"dade?|ismo|ful|able|ible|mente)$"
)
#: Letters that Spanish and Portuguese words of everyday do not have, and invented and foreign names do.
_FOREIGN = re.compile(
    r"[wk]|^y|[^aeiou]y[^aeiou]|y$|th|ph|sh|ll$|nn|tt|ff|dd|[bcdfgjpvm]$|[lrn][dts]$|ck|ys$|ee|oo|jh|^n[dgk]|^m[bp]|dj"
)

#: How English verbs end behind "my son": "wheezes", "limps", "limped".
_VERB = re.compile(r"(?:[^aiouy]s|ed|ing)$")
#: How words end that stand at the beginning of a sentence and say what somebody did: "Fuimos", "Llegaron", "Encontramos".
_DID = re.compile(r"(?:[aei]mos|aron|ieron|aba|abam?os|aban|ando|iendo|endo|aste|iste|aram|eram|iram|ou|aria|ia|ian|ing|ed)$")


@cache
def common() -> frozenset[str]:
    """The words of ``data/common_words.txt``."""
    return words_of(DATA / "common_words.txt")


@cache
def _sounds() -> frozenset[str]:
    """How the common words sound: what is misspelt ("nesesito", "hayer") is no name either."""
    words = lists()["never_names"] | common()
    return frozenset(sound("\n".join(words)).split("\n"))


@cache
def places() -> frozenset[str]:
    """Towns, quarters, border posts and regions, as ``fold`` writes them."""
    return names_of_towns() | region_names().keys()


def is_place(*words: str) -> bool:
    """Whether words, as ``flat`` writes them, are the name of a place together."""
    name = fold(" ".join(words))
    return name in places() or bool(country_named(name) or outside_named(name))


def plain(word: str) -> bool:
    """Whether a word, as ``flat`` writes it, is a word of everyday or of the lists of what is no name."""
    return word in common() or any(word in lists()[name] for name in ("never_names", "named_after", "organisations"))


def did(word: str) -> bool:
    """Whether a word says what somebody did, by its ending."""
    return len(word) > 4 and _DID.search(word) is not None


def unknown(word: str) -> bool:
    """Whether a word is nothing that we know, not even misspelt."""
    return len(word.partition("-")[0]) > 3 and not plain(word) and not is_place(word) and sound(word) not in _sounds()


def strange(word: str) -> bool:
    """Whether a word is unknown, and does not say where somebody comes from or what somebody does."""
    return _DESCRIBES.search(word) is None and unknown(word)


def is_land(word: str) -> bool:
    """Whether a word, as ``flat`` writes it, is a country or a region: "América" too is a first name."""
    name = fold(word)
    return bool(country_named(name) or outside_named(name)) or name in region_names()


def may_be_of_a_name(word: str) -> bool:
    """Whether a word in small letters may go on a name that has begun: "thi hoa nguyen", and not "ana pls"."""
    if word in lists()["known"]:
        return True
    if len(word) < 4:
        return len(word) > 1 and re.search("[aeiouy]", word) is not None and not plain(word) and not is_place(word)
    return unknown(word) and not did(word)


def foreign(word: str) -> bool:
    """Whether a word that is strange looks like a name, even in small letters: "yorgelis", "wilkerman", "maikol"."""
    return strange(word) and looks_foreign(word)


def looks_foreign(word: str) -> bool:
    """Whether a word has letters that everyday words lack, be it known or not."""
    return len(word) > 3 and _FOREIGN.search(word) is not None and _VERB.search(word) is None

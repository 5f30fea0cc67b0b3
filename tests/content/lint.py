"""What a text must not hold, per language, and how easy it reads. The words themselves are in ``content/forbidden.toml``."""

from __future__ import annotations

import re

from bot.relay_words import lists

TELLING = lists().telling
"""Words that tell a stranger what the conversation is about (E-7)."""
HARMFUL = lists().harmful
ALLOWED = lists().allowed

GENDERED = re.compile(
    r"\w(?:\(a\)|\(o\)|/a\b|/o\b|@s?\b|xs?\b(?<=[aeiou]xs))|\b(?:todes|amigues|elles|todxs|tod@s)\b", re.IGNORECASE
)

REGISTER = {
    "es": r"\busted(?:es)?\b|\bvos\b|\bvosotr|\bvuestr|\bsos\b|\btenés\b|\bpodés\b|\bescriba\b|\belija\b|\bespere\b|\bpulse\b",
    "en": r"\bthou\b|\bsir\b|\bmadam\b",
    "pt": r"\btu\b|\bteu\b|\btua\b|\bvós\b|\bsenhor|\btelemóvel\b|\becrã\b|\bestás\b|\bpodes\b",
}


def telling(text: str) -> list[str]:
    return [found.group() for found in TELLING.finditer(text)]


def harmful(lang: str, text: str) -> list[str]:
    plain = text.casefold()
    for allowed in ALLOWED:
        plain = plain.replace(allowed, "")
    return re.findall(HARMFUL[lang], plain)


def gendered(text: str) -> list[str]:
    return GENDERED.findall(text)


def wrong_register(lang: str, text: str) -> list[str]:
    return re.findall(REGISTER[lang], text.casefold())


def sentences(text: str) -> list[str]:
    return [part.strip(" •-") for part in re.split(r"[.!?:;]\s|[.!?:;]$|\n", text) if part.strip(" •-")]


UNAVOIDABLE = re.compile(
    r"\b(?:emerg[eê]nc\w*|automátic\w*|automatic|informa(?:ción|ção|tion)|organiza\w+|documentos|sexua\w+|policía|polícia|police)\b",
    re.IGNORECASE,
)

_VOWELS = {
    "es": re.compile(r"[aeiouáéíóúü]+", re.IGNORECASE),
    "en": re.compile(r"[aeiouy]+", re.IGNORECASE),
    "pt": re.compile(r"[aeiouáéíóúâêôãõà]+", re.IGNORECASE),
}


def syllables(lang: str, word: str) -> int:
    """Groups of vowels; in Spanish and Portuguese two strong ones are two. English drops a silent last e."""
    if lang == "en" and len(word) > 3 and word.lower().endswith("e") and not word.lower().endswith("le"):
        word = word[:-1]
    count = len(_VOWELS[lang].findall(word))
    if lang != "en":
        count += len(re.findall(r"[aeoáéó][aeoáéó]|[aeo][íú]|[íú][aeo]", word.lower()))
    return max(1, count)


def ease(lang: str, text: str) -> float:
    """Reading ease, higher is easier: Fernández-Huerta (es), Flesch (en), Martins and others (pt)."""
    text = re.sub(r"\{[a-z_]+\}", "nombre", text)
    # Words that everybody knows and nobody can avoid here would only measure how often the subject comes up.
    text = UNAVOIDABLE.sub("casa", text)
    count = max(1, len(sentences(text)))
    words = re.findall(r"[^\W\d_]+", text)
    if not words:
        return 100.0
    per_word = sum(syllables(lang, word) for word in words) / len(words)
    per_sentence = len(words) / count
    if lang == "es":
        return 206.84 - 60 * per_word - 1.02 * per_sentence
    if lang == "en":
        return 206.835 - 84.6 * per_word - 1.015 * per_sentence
    return 248.835 - 84.6 * per_word - 1.015 * per_sentence

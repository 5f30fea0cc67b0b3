"""Telephone cells of registers to numbers that can be dialled.

Here belong the reading and checking of numbers, and the list of those that must never be given out. Pure.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from flows.facts import Phone

#: Digits of numbers that circulate as help and are not (S-6): the tip line of US immigration enforcement.
REFUSED: tuple[str, ...] = ("8663472423",)

_RUN = re.compile(r"\+?\(?\d[\d\s().\-–]*\d")
_SPLIT = re.compile(r"[/;,|\n]|\b(?:y|e|ou|o|or|and)\b|\bx(?=\d)|\b(?:anexo|ramal|ext\.?|rpm|radio|fax)\b", re.IGNORECASE)
_NOT_DIALLED = re.compile(r"\b(?:anexo|ramal|ext|rpm|radio|fax)\b[^/;,|]*", re.IGNORECASE)


def refused(text: str) -> bool:
    """Whether a text holds a refused number, however it is written."""
    if len(text) < 10:
        return False
    digits = _NO_DIGIT.sub("", text)
    return any(number in digits for number in REFUSED)


_NO_DIGIT = re.compile(r"\D+")


def read(cell: str, country: str, *, prefix: str = "", whatsapp: bool = False, text: bool = False) -> tuple[list[Phone], int, bool]:
    """The valid numbers of a cell, how many looked like numbers but are not, and whether it held only words.

    ``country`` is an ISO code, ``prefix`` an area code kept in a column of its own.
    """
    phones: list[Phone] = []
    invalid = 0
    seen_digits = False
    for part in _SPLIT.split(_NOT_DIALLED.sub(" ", cell)):
        for run in _RUN.findall(part):
            digits = sum(c.isdigit() for c in run)
            if digits < 3:
                continue
            seen_digits = True
            found = _number(run, country, prefix)
            if found is None:
                invalid += 1
            elif all(found[0] != phone.number for phone in phones):
                phones.append(Phone(number=found[0], shown=found[1], whatsapp=whatsapp, text=text))
    return phones, invalid, not seen_digits and bool(cell.strip())


@lru_cache(maxsize=4096)
def _number(run: str, country: str, prefix: str) -> tuple[str, str] | None:
    compact = "".join(c for c in run if c.isdigit() or c == "+")
    if len(compact) <= 5 and not compact.startswith("+"):
        try:
            short = phonenumbers.parse(compact, country)
        except NumberParseException:
            return None
        return (compact, compact) if phonenumbers.is_valid_short_number_for_region(short, country) else None
    for text in ([f"{prefix}{compact}"] if prefix and not compact.startswith("+") else []) + [compact]:
        try:
            number = phonenumbers.parse(text, country)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            national = number.country_code == phonenumbers.country_code_for_region(country)
            style = PhoneNumberFormat.NATIONAL if national else PhoneNumberFormat.INTERNATIONAL
            return phonenumbers.format_number(number, PhoneNumberFormat.E164), phonenumbers.format_number(number, style)
    return None

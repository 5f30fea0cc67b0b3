"""A stretch of text and what it is; how overlapping ones are settled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

#: Characters of a text that are looked at.
LONGEST = 10_000

#: What counts where two overlap: the earlier in this order.
TYPES = ("email", "coordinates", "document", "plate", "address", "phone", "username", "name")


class Span(NamedTuple):
    """``text[start:end]``, in code points."""

    start: int
    end: int
    type: str
    """One of ``TYPES``."""


def settled(text: str, found: Iterable[Span]) -> list[Span]:
    """In order, without spaces and marks at the ends; of two that overlap the one that counts more takes in the other."""
    kept: list[Span] = []
    for span in sorted(found, key=lambda one: (one.start, -one.end)):
        start, end = span.start, span.end
        ends = " \t\r\n,.;:" if span.type == "coordinates" else " \t\r\n,.;:-"  # a point west of Greenwich begins with a minus
        while start < end and text[start] in ends:
            start += 1
        while end > start and text[end - 1] in " \t\r\n,.;:-":
            end -= 1
        if (
            span.type == "name"
            and text[end : end + 1] == "."
            and end - start > 2
            and text[end - 2] == " "
            and text[end - 1].isupper()
        ):
            end += 1  # "José Uzcátegui M."
        if start >= end:
            continue
        if kept and start < kept[-1].end:
            before = kept.pop()
            kind = min(before.type, span.type, key=TYPES.index)
            kept.append(Span(before.start, max(end, before.end), kind))
        else:
            kept.append(Span(start, end, span.type))
    return kept

"""What was made of an object and may serve again, for exactly as long as that object lives.

Here belongs the keeping. Never here: what is kept, or anything that belongs to a turn or a person: only offers of the public
directory, and what is written of them, are objects that live longer than a turn.
"""

from __future__ import annotations

import weakref
from typing import Any


class Beside:
    """``of(thing)`` is a dictionary of that very object (not of an equal one). It goes when the object goes: an entry that was
    taken out of the directory leaves nothing behind here."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], dict[Any, Any]]] = {}

    def of(self, thing: Any) -> dict[Any, Any]:
        """``thing`` must be of a class that takes weak references (``msgspec.Struct, weakref=True``)."""
        found = self._known.get(id(thing))
        if found is None:
            key, known = id(thing), self._known
            # The reference runs out before the number can be another object's.
            found = known[key] = weakref.ref(thing, lambda _: known.pop(key, None)), {}
        return found[1]

    def __len__(self) -> int:
        return len(self._known)

"""How many people make a place count, and for what.

Here belong the numbers that more than one module weighs places with. Never here: weighing.
"""

from __future__ import annotations

#: Towns of our own have ids below this one, border posts above it.
FIRST_TOWN = -1_000

#: A town of some size.
TOWN = 10_000

#: A place counts as one that others are told by when it has so many people.
CITY = 30_000

#: A namesake of so many people across a border is offered beside the homes of the known country,
LARGE = 50_000
#: no namesake of so many people is left out where no country is known.
SIZEABLE = 60_000

"""Identifying: a note that holds a name, a number or an address waits until the person has said what becomes of it.

Here belongs the one question of it, which every topic asks that takes a note: write it again, dots in their place, or as it is.
Never here: the text (it waits in the draft, and is gone with this screen), what is found in it (``bot.identifying``).

A note is asked about once. It stands before anything is kept or sent, only where something was found, and never in a chat that is
connected with a person on duty: numbers are told there on purpose.
"""

from __future__ import annotations

from collections.abc import Callable

from flows.facts import Facts
from flows.kernel import Branch, Choice, Effect, Event, Flow, Go, Move, Phrase, Say, Session, Value

FOUND = "identifying"
"""The outcome of an effect that was given such a text, and the name of the screen."""

SCREEN_SLOT, HOW = "how", ("again", "blank", "as_is")

_CHOICES = tuple(Choice(how, Phrase(f"identifying.{how}")) for how in HOW)
_SAID: tuple[Value, ...] = (Phrase("identifying"),)
_say: Say = lambda session, facts: _SAID  # noqa: E731 - as short as it reads

Keep = Callable[[Session, Facts, Callable[[Session, Facts], Effect]], Go | None]
"""What keeps a text, given the effect that does it; None: no text is taken any more."""


def effect(name: str, how: str = "") -> Callable[[Session, Facts], Effect]:
    """Keep what was just typed; with ``how``, what has waited (``blank``: with dots in it)."""
    asked = Effect(name, {"how": how} if how else {})
    return lambda session, facts: asked


def add_to(
    flow: Flow,
    *,
    does: str,
    keep: Keep,
    to: tuple[str, ...],
    hears: Branch,
    skip: Move,
    name: str = FOUND,
    note: str = "note",
) -> None:
    """Write the question, as the screen ``name``, into a topic that takes notes on its screen ``note`` and keeps them by the effect
    ``does``.

    ``to``: where keeping may lead; ``hears``: what words mean on ``note``, as here; ``skip``: on without a note."""

    def pick(session: Session, event: Event, facts: Facts) -> Go | None:
        how = str(session.slot(SCREEN_SLOT))
        go = keep(session, facts, effect(does, how)) if how in ("blank", "as_is") else None
        return _with(go or Go(note), note)

    flow.choose(
        name,
        slot=SCREEN_SLOT,
        among=lambda session, facts: _CHOICES,
        say=_say,
        says=("identifying", *(f"identifying.{how}" for how in HOW)),
        then=Branch(pick, note, *to),
        hears=hears,
        addressed=True,
        skip=skip,
    )


def _with(go: Go, note: str) -> Go:
    """Nothing of the choice stays in the session; what waits no longer is asked for again."""
    outcomes = {**go.outcomes, "lost": note} if go.do else {}
    return Go(go.to, set={**go.set, SCREEN_SLOT: ""}, do=go.do, outcomes=outcomes, final=go.final)

"""Whether a text tells of danger: the lists of cues and the model as a second opinion, in all languages at once.

Here belongs how the two are put together. Never here: a cue (``content/<lang>/cues.toml``), an example, a card, an alert.

A cue is believed unless the model is all but sure that it is a figure of speech, long past, or about something else; without a
cue, the model alone is believed where it is sure. Both limits lean towards a card: a false alarm costs one short message.
"""

from __future__ import annotations

from bot.understanding.sense import Sense, Weighed
from flows.crisis import Cues
from flows.reading import CLAUSE_MARK, READ_AT_MOST

DOUBTED = -2.5
"""A cue is not believed where the model is this sure of no danger."""
ALONE = -2.0
"""Without a cue, the model is believed from here on."""
WATCHED = 0.5
"""Without a telling word, somebody is taken to be watched only from here on: class I hides everything else."""
BY_ITSELF = 2.0
"""A clause that has a cue, and is this much like danger by itself, is believed in a text that is doubted as a whole."""
CLEARER = 1.0
"""Of two classes the model's is taken where it is so much likelier than that of the cue."""
_FEWEST = 2
"""Words that the model needs to be believed alone; telling words that stand alone are cues."""
_CLAUSES = 12
"""Clauses of a text that are looked at one by one."""
SHORT = 300
"""Characters of a text of which the model, that weighs all of it, says better than a cue what it is about."""
_SPECIFIC = "watching"
"""Meaning of ``content/words.toml`` that tells of somebody who looks on."""


class Danger:
    """Satisfies the same interface as ``flows.crisis.Cues``. Built once; read-only afterwards."""

    def __init__(self, cues: Cues, sense: Sense) -> None:
        self._cues = cues
        self._sense = sense

    def find(self, folded: str) -> str:
        """The class of danger that a text tells of; empty when there is none. ``folded`` comes from ``reading.clauses``."""
        cue = self._cues.find(folded)
        # A word that is only taken for a harmless one takes no cue back.
        weighed = self._sense.weigh(folded, as_typed=bool(cue))
        if weighed is None:
            return cue
        if cue:
            return self._doubted(cue, weighed, folded)
        if weighed.alarm < ALONE or sum(word.isalpha() for word in folded.split()) < _FEWEST:
            return ""
        if weighed.danger != "I" or weighed.alarm >= WATCHED or self._sense.names(folded, _SPECIFIC):
            return weighed.danger
        kind = max((kind for kind in weighed.dangers if kind != "I"), key=weighed.dangers.__getitem__)
        return kind if weighed.dangers[kind] >= ALONE else ""

    def _doubted(self, cue: str, weighed: Weighed, folded: str) -> str:
        if not (weighed.evident or weighed.grave):
            return cue  # it knows nothing but pieces of words
        if weighed.alarm < DOUBTED and len(folded) <= READ_AT_MOST:
            return self._of_a_clause(folded)
        if len(folded) <= SHORT and "I" not in (cue, weighed.danger) and weighed.alarm - weighed.dangers[cue] > CLEARER:
            return weighed.danger
        return cue

    def _of_a_clause(self, folded: str) -> str:
        """The class of the first clause that tells of danger by itself: "necesito hablar con alguien, quiero morir"."""
        clauses = [clause for part in folded.split(f" {CLAUSE_MARK} ") if (clause := part.strip())]
        for clause in clauses[:_CLAUSES] if len(clauses) > 1 else ():
            cue, weighed = self._cues.find(clause), self._sense.weigh(clause, as_typed=True)
            if cue and weighed is not None and weighed.alarm >= BY_ITSELF:
                return cue
        return ""

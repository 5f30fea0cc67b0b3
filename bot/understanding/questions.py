"""What the model is asked about each text, and in which column of its weights the answers stand.

Never here: a weight, a word.
"""

from __future__ import annotations

from flows.crisis import CLASSES
from flows.facts import INTENTS, LANGS

NONE = "none"
"""The class of a text that tells of no danger."""
DANGERS = (NONE, *CLASSES)
COLUMNS = (*INTENTS, *DANGERS, *LANGS)
"""What each feature has a weight for."""
WANTS = slice(0, len(INTENTS))
DANGER = slice(len(INTENTS), len(INTENTS) + len(DANGERS))
LANGUAGE = slice(len(COLUMNS) - len(LANGS), len(COLUMNS))
HEADS = (WANTS, DANGER, LANGUAGE)

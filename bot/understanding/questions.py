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

#: What somebody in danger most likely asks for, by class: what may be offered behind the card.
WANTED: dict[str, tuple[str, ...]] = {
    "A": ("psychosocial", "case_management"),
    "B": ("case_management", "shelter", "legal", "psychosocial"),
    "C": ("health", "case_management", "psychosocial"),
    "D": ("health",),
    "E": ("child_care", "family"),
    "F": ("case_management", "legal"),
    "G": ("legal", "rights_info"),
    "H": ("complaint",),
    "I": ("stop_exit", "other"),
    "J": ("psychosocial", "case_management"),
    "K": ("case_management", "psychosocial"),
}

"""What people may want, and which kind of help, topic and label stands for each of them.

Here belongs the one table between what understanding tells apart and what Faro has screens for. Never here: how a sentence is
understood (``bot.understanding``), a screen.
"""

from __future__ import annotations

#: intent -> kind of the Essential Package
KIND_OF: dict[str, str] = {
    "health": "health",
    "psychosocial": "mhpss",
    "legal": "legal",
    "shelter": "safety",
    "family": "family-tracing",
    "child_care": "alternative-care",
    "case_management": "case-management",
}

#: intent -> topic of ``flows.services.TOPICS``
TOPIC_OF: dict[str, str] = {
    "complaint": "feedback",
    "feedback": "feedback",
    "callback": "person",
    "rights_info": "rights",
    "food_water_money": "basics",
    "services_near": "services",
}

INTENT_OF_KIND: dict[str, str] = {kind: intent for intent, kind in KIND_OF.items()}
INTENT_OF_TOPIC: dict[str, str] = {
    "person": "callback",
    "feedback": "complaint",
    "rights": "rights_info",
    "basics": "food_water_money",
    "services": "services_near",
}

#: intent -> the catalog entry that names it where it is offered. ``other`` has none.
LABEL_OF: dict[str, str] = {
    **{intent: f"services.kind.{kind.replace('-', '_')}" for intent, kind in KIND_OF.items()},
    "complaint": "start.menu.feedback",
    "feedback": "start.menu.feedback",
    "callback": "start.menu.person",
    "rights_info": "start.extra.rights",
    "food_water_money": "services.kind.basics",
    "services_near": "start.menu.services",
    "language_switch": "start.menu.settings",
}

SENSITIVE = frozenset({"complaint", "callback", "case_management", "child_care", "stop_exit"})
"""Never taken from a sentence that does not name it: these are offered as a choice first. ``child_care`` is among them since its
kind of help is for children without family, and whoever looks for a school or for somebody to mind a child is not sent there."""

BESIDE: dict[str, str] = {"child_care": "services_near"}
"""What is offered beside a want that a sentence does not name."""

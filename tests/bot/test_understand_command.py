"""``python -m bot understand``: one JSON object in, one out, with the same fields whatever is asked."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from bot.understand_command import TASKS, run
from flows.facts import INTENTS

FIELDS = [
    "id", "intents", "crisis", "crisis_class", "lang", "country", "place", "lat", "lon", "ask", "spans",
]  # fmt: skip


def answers(*lines: str, task: str = "intent") -> tuple[list[dict[str, Any]], int, str]:
    out, err = io.StringIO(), io.StringIO()
    status = run(task, io.StringIO("\n".join(lines) + "\n"), out, err)
    return [json.loads(line) for line in out.getvalue().splitlines()], status, err.getvalue()


@pytest.mark.parametrize("task", TASKS)
def test_every_answer_has_the_same_fields(task: str) -> None:
    """Mutation: leaving out a field where there is nothing in it."""
    found, status, said = answers('{"id": "a", "text": "doctor en tapachula"}', '{"id": 2, "text": ""}', task=task)
    assert [list(one) for one in found] == [FIELDS, FIELDS]
    assert (found[0]["id"], found[1]["id"], status, said) == ("a", 2, 0, "")
    assert (found[0]["intents"][0], found[0]["lang"], found[0]["country"], found[0]["crisis"]) == ("health", "es", "MX", False)
    assert sorted(found[0]["intents"]) == sorted(INTENTS)
    assert abs(found[0]["lat"] - 14.9) < 0.3 and abs(found[0]["lon"] + 92.3) < 0.3


@pytest.mark.requirement("E-6")
def test_danger_is_told_with_its_class_and_what_may_help() -> None:
    """Mutation: the class alone, or what is unsure although there is danger."""
    (found,), _, _ = answers('{"id": 1, "text": "mi marido me quiere matar"}')
    assert (found["crisis"], found["crisis_class"], found["ask"]) == (True, "B", False)
    assert found["intents"][0] in ("case_management", "shelter", "legal")


def test_commands_and_other_languages_say_what_they_say() -> None:
    """Mutation: weighing "salir" and "english" like sentences."""
    found, _, _ = answers(*(json.dumps({"text": text}) for text in ("SALIR", "stop", "english please", "bonjou mwen bezwen èd")))
    assert [one["intents"][0] for one in found] == ["stop_exit", "stop_exit", "language_switch", "language_switch"]


@pytest.mark.requirement("P-2")
def test_a_line_that_is_no_json_is_named_by_its_number_and_nothing_of_it_is_repeated() -> None:
    """Mutation: stopping at the first, status 0, or the text in the message."""
    found, status, said = answers("zarzaparrilla", '{"text": "hola"}', "[1]", '{"text": 3}', "", "[" * 5_000)
    assert len(found) == 1 and status == 2
    assert said.count("Line ") == 4 and "Line 1 " in said and "Line 6 " in said
    assert "zarza" not in said

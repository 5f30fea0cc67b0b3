"""Plays the walks of ``turns`` on the real program, one demo for all of them."""

from __future__ import annotations

from collections.abc import Iterable

from bot import gsm7
from bot.wording import Wording
from flows.facts import LANGS
from flows.intents import LABEL_OF
from tests.evaluation.sentences import Sentence
from tests.evaluation.turns import Walk, walk
from tests.transcripts.stage import stage

CHANNELS = ("sms", "telegram")


def told(which: Iterable[Sentence], channels: tuple[str, ...] = CHANNELS) -> dict[str, list[Walk]]:
    """channel -> what each sentence took."""
    wording = Wording.load()
    labels = {
        (lang, channel): {
            id: gsm7_label(wording.text(lang, id, "sms")) if channel == "sms" else wording.text(lang, id)
            for id in LABEL_OF.values()
        }
        for lang in LANGS
        for channel in channels
    }
    found: dict[str, list[Walk]] = {channel: [] for channel in channels}
    sentences = tuple(which)
    with stage() as (played, runner):
        for channel in channels:
            for one in sentences:
                phone = played.phone(channel, one.lang, "")
                found[channel].append(runner.run(walk(one, phone, labels[one.lang, channel])))
    return found


def gsm7_label(text: str) -> str:
    """A label as an SMS shows it."""
    return gsm7.fold(text)

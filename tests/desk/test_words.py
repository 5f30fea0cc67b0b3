"""The catalogs of the desk: complete, equal in three languages, nothing left over, and no word that does not belong."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

import bot.desk.app  # noqa: F401 - so that every page has declared its families of ids
from bot.desk import words
from bot.desk.words import Words, lacking, left_over, read_folder
from bot.wording import CONTENT, ContentError
from flows.facts import LANGS

TEXTS = {lang: read_folder(CONTENT / lang / "LC_MESSAGES" / "desk") for lang in LANGS}


@pytest.mark.requirement("L-1")
def test_every_entry_that_is_used_is_written_in_every_language() -> None:
    """Mutation: deleting an entry of one language, or a {placeholder} in it."""
    assert list(lacking(TEXTS)) == []


def test_nothing_is_left_over() -> None:
    """Mutation: an entry whose page has gone."""
    assert left_over(TEXTS) == []


@pytest.mark.parametrize("lang", LANGS)
def test_without_an_entry_the_desk_does_not_start(lang: str) -> None:
    """Mutation: ``lacking`` looking at one language only, or at ids without those of families."""
    texts = {other: dict(TEXTS[other]) for other in LANGS}
    del texts[lang]["desk.common.menu"]
    with pytest.raises(ContentError, match=r"desk\.common\.menu"):
        Words(texts)


@pytest.mark.parametrize("lang", LANGS)
def test_a_different_placeholder_is_named(lang: str) -> None:
    texts = {other: dict(TEXTS[other]) for other in LANGS}
    texts[lang]["desk.common.idle"] = "…"
    with pytest.raises(ContentError, match=r"desk\.common\.idle"):
        Words(texts)


def test_an_entry_stands_in_the_file_of_its_page(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Mutation: reading every file without looking at the ids in it."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "queue.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "desk.roster.title"\nmsgstr "x"\n', encoding="utf-8")
    with pytest.raises(ContentError, match=r"desk\.queue\."):
        read_folder(folder)


def test_a_family_is_asked_for_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: ``family`` that declares nothing, or that lets two pages declare different members."""
    monkeypatch.setattr(words, "_FAMILIES", dict(words._FAMILIES))
    words.family("desk.common.shape", ("round", "square"))
    assert {"desk.common.shape.round", "desk.common.shape.square"} <= words.used()
    assert "desk.common.shape" not in words.used()
    with pytest.raises(ValueError, match="twice"):
        words.family("desk.common.shape", ("round",))


def test_a_page_gets_the_sentences_of_its_scripts_and_of_what_they_import() -> None:
    """Mutation: looking at the script itself only. idle.js imports page.js, which says that there is no connection."""
    sent = Words(TEXTS).of_scripts("pt", ["idle.js"])
    assert sent["desk.common.offline"] == TEXTS["pt"]["desk.common.offline"]
    assert "desk.common.seconds.one" in sent and "desk.common.skip" not in sent


#: Words of the agencies, or such as say what the desk is for on a screen that others can see.
FORBIDDEN = {
    "es": r"v[ií]ctimas?|usuari[oa]s?|violaci[oó]n|ilegal(es)?",
    "en": r"victims?|users?|rape|illegal|survivors?",
    "pt": r"v[ií]timas?|usu[aá]ri[oa]s?|estupro|ilegal|ilegais",
}


@pytest.mark.parametrize("lang", LANGS)
def test_words_that_the_desk_does_not_use(lang: str) -> None:
    """Mutation: "user" in any entry."""
    found = [id for id, text in TEXTS[lang].items() if re.search(rf"\b({FORBIDDEN[lang]})\b", text, re.IGNORECASE)]
    assert found == []


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, ("1 minuto", "1 minute", "1 minuto")),
        (12 * 60 + 59, ("12 minutos", "12 minutes", "12 minutos")),
        (119 * 60, ("119 minutos", "119 minutes", "119 minutos")),
        (3 * 3600 - 1, ("2 horas", "2 hours", "2 horas")),
        (49 * 3600, ("2 días", "2 days", "2 dias")),
    ],
)
def test_lengths_of_time_in_words(seconds: float, said: tuple[str, str, str]) -> None:
    """Mutation: rounding up, which would say that somebody waited longer, or "0 minutes"."""
    spoken = Words(TEXTS)
    assert tuple(spoken.voice(lang).span(seconds) for lang in ("es", "en", "pt")) == said


def test_instants_are_said_in_the_zone_asked_for() -> None:
    """Mutation: leaving the zone out."""
    voice = Words(TEXTS).voice("en")
    late = datetime(2026, 11, 28, 3, 5, tzinfo=UTC)
    assert voice.clock(late, "America/Bogota") == "22:05"
    assert voice.moment(late, "America/Bogota") == "Nov 27, 2026, 22:05"
    assert voice.moment(late).endswith("03:05 UTC")
    assert voice.day(date(2026, 11, 27)) == "Friday, November 27, 2026"


def test_what_is_counted_has_two_forms() -> None:
    voice = Words(TEXTS).voice("en")
    assert voice.count("desk.common.seconds", 1) == "1 second"
    assert voice.count("desk.common.seconds", 2) == "2 seconds"
    with pytest.raises(ContentError):
        voice("desk.common.nothing_of_this_name")

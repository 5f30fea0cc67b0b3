"""The words of reviewed answers to what goes round: no more is said than holds everywhere, equally in three languages, in few
segments, and the words that lead to each."""

from __future__ import annotations

import re

import msgspec
import pytest

from bot import gsm7
from bot.layout import render
from bot.lexicon import Lexicon
from bot.notices.publishing import Draft, faults
from bot.wording import LOCALES
from flows.facts import COUNTRIES, LANGS, RUMOURS, NoNotices
from flows.kernel import Foot, Phrase, Session
from flows.notices import QUESTIONS, REPLIES
from flows.reading import fold
from flows.topics import GRAPH
from tests.bot.staff.world import actor
from tests.content import lint
from tests.content.test_complaint_texts import Long
from tests.flows.world import SMS, facts, wording

WORDING = wording()
LABEL = 36
"""Letters of a question, as in a list by SMS."""
UNKNOWN = {
    "border": {"es": "No lo sabemos", "en": "We do not know", "pt": "Não sabemos"},
    "money_today": {"es": "No lo sabemos", "en": "We do not know", "pt": "Não sabemos"},
    "asylum_costs": {"es": "Depende del país", "en": "depends on the country", "pt": "Depende do país"},
    "no_papers": {"es": "Depende del país", "en": "depends on the country", "pt": "Depende do país"},
}
"""What nobody can say for every country, and the words that say so."""


def said(lang: str, id: str) -> list[str]:
    return [WORDING.text(lang, id), WORDING.text(lang, id, "sms")]


@pytest.mark.requirement("C-1")
@pytest.mark.requirement("E-9")
@pytest.mark.parametrize("name", RUMOURS)
def test_an_answer_is_held_to_what_coordinators_are_held_to(name: str) -> None:
    """In length and in words. Mutation: the name of an organisation, a number, a link or a promise in any language."""
    titles = {lang: WORDING.text(lang, QUESTIONS[name]) for lang in LANGS}
    for form in (0, 1):
        texts = {lang: said(lang, REPLIES[name])[form] for lang in LANGS}
        assert faults(Draft("rumour", "", titles, texts), actor("coordinator", countries=COUNTRIES)) == {}


@pytest.mark.requirement("C-1")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", RUMOURS)
def test_an_answer_names_no_fact_of_one_country(name: str, lang: str) -> None:
    """Such facts change, and belong into the directory, the helplines, or what a coordinator publishes. Mutation: "in Peru it is
    free"; a price; a day."""
    places = [str(LOCALES[lang].territories[code]) for code in COUNTRIES]
    for id in (QUESTIONS[name], REPLIES[name]):
        for text in said(lang, id):
            assert not re.search(r"\d", text), text
            assert not [place for place in places if fold(place) in fold(text)], text


@pytest.mark.requirement("C-1")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", UNKNOWN)
def test_what_nobody_can_say_for_every_country_is_said_not_to_be_known(name: str, lang: str) -> None:
    """In both forms. Mutation: "it stays open"; leaving it out of the short form."""
    for text in said(lang, REPLIES[name]):
        assert UNKNOWN[name][lang] in text


@pytest.mark.requirement("L-1")
@pytest.mark.parametrize("name", RUMOURS)
def test_an_answer_says_as_much_in_every_language(name: str) -> None:
    """As many sentences, and about as many letters; a short form stands in all or in none. Mutation: a warning left out in one."""
    for form in (0, 1):
        texts = [said(lang, REPLIES[name])[form] for lang in LANGS]
        assert len({len(re.findall(r"[.:?!](?:\s|$)", text)) for text in texts}) == 1, texts
        assert max(map(len, texts)) <= 1.25 * min(map(len, texts)), texts
    assert len({("sms", REPLIES[name]) in WORDING.texts[lang] for lang in LANGS}) == 1
    for lang in LANGS:
        assert lint.ease(lang, WORDING.text(lang, REPLIES[name])) >= 70, (name, lang)


@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("published", [NoNotices(), Long()], ids=["reviewed only", "and the longest published"])
def test_a_list_of_five_takes_two_segments_and_nothing_of_a_question_is_cut(lang: str, published: NoNotices | Long) -> None:
    """Mutation: a question of fifty letters; published ones by their whole title."""
    seen = ""
    for page in range(3):
        slots = {"country": "MX", "page": page}
        session = Session(id=b"0" * 16, screen="notices.rumours", turn=3, lang=lang, slots=slots, back=("start.menu",))
        text = render(GRAPH.view(session, facts(SMS, notices=published)), lang, 3, SMS, WORDING).text
        assert gsm7.segments(text) <= 2, (len(text), text)
        seen += text
    for name in RUMOURS:
        question = WORDING.text(lang, QUESTIONS[name])
        assert len(question) <= LABEL
        assert gsm7.to_gsm7(question) in seen


@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", RUMOURS)
def test_an_answer_takes_three_segments_also_to_a_first_message(name: str, lang: str) -> None:
    """There the line that this is automatic stands below it. Mutation: a short form as long as the full one."""
    slots = {"notice": name}
    session = Session(id=b"0" * 16, screen="notices.rumour", turn=3, lang=lang, slots=slots, back=("start.menu",))
    screen = GRAPH.view(session, facts(SMS))
    first = GRAPH.view(session.at(session.screen, turn=0, back=()), facts(SMS))
    first = msgspec.structs.replace(first, parts=(*first.parts, Foot(Phrase("kernel.automatic", {"minutes": 20}))))
    for one in (screen, first):
        text = render(one, lang, 3, SMS, WORDING).text
        assert gsm7.encoding(text) == "gsm7"
        assert gsm7.segments(text) <= 3, (len(text), text)
        assert gsm7.to_gsm7(WORDING.text(lang, REPLIES[name], "sms")) in text


@pytest.mark.requirement("L-3")
def test_every_answer_has_words_in_every_language_that_are_found_whole() -> None:
    """Mutation: a phrase longer than what is looked for; a single word, which would take a question about something else."""
    lexicon = Lexicon.load(WORDING)
    assert set(lexicon.rumours.values()) == set(RUMOURS)
    for phrase in lexicon.rumours:
        assert 2 <= len(phrase.split()) <= 6, phrase

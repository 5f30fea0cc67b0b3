"""The words of a request to a person on duty: what each message must carry, what none may say, and what it costs by SMS."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from itertools import product
from typing import Any

import pytest

from bot import gsm7
from bot.duty_texts import VARIANTS as RECORDED
from bot.layout import LABEL, render
from bot.wording import Wording
from flows.facts import LANGS, OTHER_LANGUAGES, DutyText, OnCall, Traits
from flows.graph import texts
from flows.kernel import Country, Data, Listing, Phrase, Session
from flows.on_duty import VARIANTS, duty_parts
from flows.reading import fold
from flows.request import flow
from flows.safe_contact import WAYS, WORDS
from flows.topics import GRAPH
from tests.content import lint
from tests.content.test_budget import ANSWERS
from tests.flows.coming_back import ticket
from tests.flows.world import SMS, SomeDuty, facts, lexicon

WORDING = Wording.load()
MINE = [id for id in texts(GRAPH) if id.startswith(("request.", "duty."))]


def said(lang: str, id: str) -> list[str]:
    """Both forms of an entry."""
    forms = [WORDING.text(lang, id)]
    if ("sms", id) in WORDING.texts[lang]:
        forms.append(WORDING.text(lang, id, "sms"))
    return forms


def carries(lang: str, id: str, *facts: str) -> None:
    for text in said(lang, id):
        for fact in facts:
            assert re.search(fact, text, re.IGNORECASE), (id, fact, text)


# --- what must be there ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-6")
@pytest.mark.parametrize(
    ("lang", "lost"), [("es", "nadie puede recuperarlo"), ("en", "nobody can get it back"), ("pt", "ninguém pode recuperar")]
)
def test_the_receipt_says_that_a_lost_code_cannot_be_recovered(lang: str, lost: str) -> None:
    """Mutation: "write to us if you lose it"."""
    carries(lang, "request.done.lost", lost)
    carries(lang, "request.done", r"\{code\}", r"\b4\b")
    carries(lang, "request.done.worse", r"\b9\b")


@pytest.mark.requirement("D-7")
@pytest.mark.parametrize(("lang", "looks"), [("es", "alguien lo mirará"), ("en", "someone will look"), ("pt", "alguém vai olhar")])
def test_somebody_will_look_is_all_that_is_said(lang: str, looks: str) -> None:
    """Mutation: "someone will help you soon"."""
    for topic in ("request.who", "request.done"):
        for state in ("open", "closed"):
            carries(lang, f"{topic}.{state}", looks)
        carries(lang, f"{topic}.closed", r"\{when\}")
        for text in said(lang, f"{topic}.unknown"):
            assert re.search(r"no sabemos|do not know|não sabemos", text)


PROMISES = {
    "es": r"te va a ayudar|te ayudar|va a resolver|estás a salvo|pronto\b|enseguida|en minutos|confidencial",
    "en": r"will help|will solve|you are safe|\bsoon\b|shortly|in minutes|confidential",
    "pt": r"vai ajudar|vão ajudar|vai resolver|está a salvo|em breve|logo\b|em minutos|confidencial",
}


@pytest.mark.requirement("D-7")
@pytest.mark.requirement("P-7")
@pytest.mark.parametrize("lang", LANGS)
def test_no_text_of_a_request_promises_help_safety_speed_or_secrecy(lang: str) -> None:
    """Also not to a child (D-9). Mutation: "someone will help you soon"."""
    for id in MINE:
        for text in said(lang, id):
            assert not re.search(PROMISES[lang], text, re.IGNORECASE), (id, text)


@pytest.mark.requirement("D-4")
@pytest.mark.parametrize(
    ("lang", "nothing", "encrypted"), [("es", "nada de ti", "cifrado"), ("en", "nothing about you", "encrypted"),
                                       ("pt", "nada (sobre você|seu)", "cifrado")]
)  # fmt: skip
def test_each_way_says_what_is_kept_and_for_how_long(lang: str, nothing: str, encrypted: str) -> None:
    """Each in a sentence of its own, whichever of the others are offered. Mutation: a way without its consequence; "the same with
    that number", below the code alone."""
    carries(lang, "request.way.code.means", nothing)
    for id in ("request.way.here.means", "request.way.phone.means"):
        carries(lang, id, encrypted, r"\{days\}")
    for id in ("request.contact_here", "request.contact_phone", "request.contact_here.child", "request.contact_phone.child"):
        carries(lang, id, r"\{days\}", encrypted)


@pytest.mark.requirement("D-4")
@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
def test_the_ways_fit_into_two_messages_whichever_are_offered(lang: str) -> None:
    """In the request and with the code, with and without a text on what has to be reported. Mutation: a longer sentence for a call;
    one more below "write to me here"."""
    offers = set()
    for reach, texts_, refused, days in product(("any", "none"), ((), ("CO",)), ((), (1,), (2,), (1, 2)), (7, 14)):
        channel = Traits(name="sms", form="sms", reach=reach)
        slots: dict[str, Any] = {"country": "CO", "safe": "yes", "ask": "yes", "age": "adult", "refused": refused}
        for screen, view in (("request.way", None), *(("code.way", ticket(way=way)) for way in WAYS)):
            known = facts(channel, duty=SomeDuty(texts=texts_), ticket=view, ticket_days=days)
            session = Session(id=b"0" * 16, screen=screen, turn=3, lang=lang, slots=slots, back=("start.menu",))
            drawn = GRAPH.view(session, known)
            text = render(drawn, lang, 3, channel, WORDING).text
            assert gsm7.encoding(text) == "gsm7" and gsm7.segments(text) <= 2, (screen, reach, refused, len(text), text)
            offers.add((screen, tuple(option.id for option in drawn.options if option.id in WAYS)))
    assert {ways for screen, ways in offers if screen == "request.way"} == {
        ("code", "here", "phone"), ("code", "here"), ("code", "phone"), ("code",)
    }  # fmt: skip


@pytest.mark.requirement("D-3")
@pytest.mark.parametrize(
    ("lang", "why", "who", "long", "back"),
    [
        ("es", "Para qué", "Quién", r"\{days\}", "código"),
        ("en", "Why", "Who", r"\{days\}", "code"),
        ("pt", "Para quê", "Quem", r"\{days\}", "código"),
    ],
)
def test_behind_each_consent_stand_why_who_how_long_and_how_to_take_it_back(lang, why, who, long, back) -> None:
    """And that nothing goes along when somebody moves on before a person asked (c). Mutation: leaving one of them out."""
    carries(lang, "request.ask_more", why, who, long, back, "otro país|another country|outro país")
    carries(lang, "request.contact_more", why, who, long, back)
    carries(lang, "request.count_more", why, who, "es no|means no|é não")
    carries(lang, "request.ask", long, back)


@pytest.mark.requirement("D-2")
@pytest.mark.parametrize("lang", LANGS)
def test_the_stricter_text_is_stricter_than_any_reviewed_one(lang: str) -> None:
    """Mutation: a general text that says less than a country's own."""
    carries(lang, "duty.general", r"\b18\b", "vida|life", "delito grave|grave crime|crime grave", "mensaje|message|mensagem")
    for text in said(lang, "duty.general"):
        assert re.search("nombres|names|nomes", text)


@pytest.mark.requirement("D-1")
@pytest.mark.parametrize(
    ("lang", "optional", "nothing"),
    [
        ("es", "Si quieres", "No hace falta contar qué pasó"),
        ("en", "If you like", "need not tell what happened"),
        ("pt", "Se quiser", "Não precisa contar o que aconteceu"),
    ],
)
def test_the_note_is_introduced_as_optional_without_names_and_without_what_happened(lang, optional, nothing) -> None:
    """Mutation: "tell us your story"."""
    for id in ("request.note", "request.note.child"):
        carries(lang, id, optional, nothing, "nombres|names|nomes", r"\{most\}")


NEVER_ASKED = {
    "es": r"cómo te llamas|nombre|apellido|naciste|nacionalidad|etnia|religión|estatus|documento|pasaporte|cédula|coyote|ruta|"
    r"género|orientación|vih|embaraz|diagnóstic|drogas|qué pasó|cuándo|quién (te|fue|lo)|testig|fotos?\b|dirección|ubicación|"
    r"instagram|facebook|banco|tarjeta|contraseña|policía|por qué|estás segur",
    "en": r"your name|surname|born|nationality|ethnic|religion|status|document|passport|smuggler|route|gender|orientation|hiv|"
    r"pregnan|diagnos|drugs|what happened|when did|who did|witness|photo|address|location|instagram|facebook|bank|card\b|"
    r"password|police|why|are you sure",
    "pt": r"seu nome|sobrenome|nasceu|nacionalidade|etnia|religião|situação migrat|documento|passaporte|coiote|rota|gênero|"
    r"orientação|hiv|grávid|diagnóstic|drogas|o que aconteceu|quando (foi|aconteceu)|quem (fez|foi)|testemunh|fotos?\b|endereço|"
    r"localização|instagram|facebook|banco|cartão|senha|polícia|por que|tem certeza",
}
ASKED_SAFELY = re.compile(r"¿Cuándo\?|¿Cuándo está bien\?|When\?|Quando\?")
"""When a message or a call is welcome."""


@pytest.mark.requirement("D-1")
@pytest.mark.requirement("P-1")
@pytest.mark.parametrize("lang", LANGS)
def test_no_question_asks_what_is_never_asked(lang: str) -> None:
    """requirements.md, 1.1. Mutation: "what happened?", "why did you not report it?", "what is your name?"."""
    questions = 0
    for id in MINE:
        for text in said(lang, id):
            for sentence in re.findall(r"[^.!?:;\n]*\?", ASKED_SAFELY.sub("", text)):
                questions += 1
                assert not re.search(NEVER_ASKED[lang], sentence, re.IGNORECASE), (id, sentence)
    assert questions >= 20


ADVICE = {
    "es": r"denunci|perdon|déjal|abandon|enfréntal|\bve al|\bacude|examen|debes|tienes que",
    "en": r"\breport|forgive|leave (him|her|them)|confront|\bgo to\b|examination|must|should",
    "pt": r"denunci|perdo|deixe (ele|ela)|abandon|enfrente-|\bvá ao|exame|deve\b|você tem que",
}


@pytest.mark.requirement("D-11")
@pytest.mark.parametrize("lang", LANGS)
def test_an_answer_to_what_was_confided_gives_no_advice(lang: str) -> None:
    """Mutation: "please report it"."""
    for id in ("request.heard", "request.note", "request.note.child", "request.check", "request.child", "request.friend"):
        for text in said(lang, id):
            assert not re.search(ADVICE[lang], text, re.IGNORECASE), (id, text)
    carries(lang, "request.heard", "no es tu culpa|not your fault|culpa não é sua", "tú decides|you decide|você decide")


@pytest.mark.requirement("D-9")
@pytest.mark.parametrize(
    ("lang", "adult", "tell"),
    [("es", "adulta de confianza", "avisa"), ("en", "an adult you trust", "tell others"), ("pt", "adulta de confiança", "avisa")],
)
def test_a_child_is_told_of_an_adult_and_of_what_may_be_told_on_and_in_simpler_words(lang, adult, tell) -> None:
    """Mutation: the promise that nobody hears of it; the text for adults with another headline."""
    carries(lang, "request.child", adult, tell)
    carries(lang, "request.no_child", adult, r"\{country\}")
    for id in ("request.ask", "request.contact_here", "request.contact_phone", "request.note"):
        child, others = WORDING.text(lang, f"{id}.child"), WORDING.text(lang, id)
        assert longest(child) <= longest(others)
        assert lint.ease(lang, child) >= 65


def longest(text: str) -> int:
    return max(len(sentence.split()) for sentence in lint.sentences(text))


@pytest.mark.requirement("D-7")
@pytest.mark.parametrize(("lang", "limits"), [("es", "No dan? dinero"), ("en", "cannot give money"), ("pt", "[Nn]ão dão dinheiro")])
def test_who_they_are_says_what_they_cannot_do(lang: str, limits: str) -> None:
    """Mutation: only what they can."""
    carries(lang, "request.who", limits, "documentos|papers")


# --- words to know each other by ---------------------------------------------------------------------------------------


@pytest.mark.requirement("D-6")
@pytest.mark.parametrize("lang", LANGS)
def test_code_words_are_everyday_nouns_that_differ_and_mean_nothing_here(lang: str) -> None:
    """Mutation: two that sound the same in writing; a word that is a command; a telling one."""
    words = [WORDING.text(lang, id) for id in WORDS]
    assert len(words) == len({fold(word) for word in words}) == 24
    for word in words:
        assert re.fullmatch(r"[a-záéíóúâêôãõçñ]+(-[a-z]+)?", word), word
        assert len(word) <= 13
        assert lint.telling(word) == []
        assert lexicon().command(fold(word)) == ""
        assert lexicon().digit(fold(word)) is None
    assert len({fold(word)[:4] for word in words}) >= 23


# --- what it costs ---------------------------------------------------------------------------------------------------

LONG_NAME = "Organización Internacional de Acompañamiento a Personas en Movilidad"


class Worst(SomeDuty):
    """A desk with as much to say as the records allow."""

    def __init__(self, open_now: bool, opens: float | None, known: bool) -> None:
        super().__init__()
        self.open_now, self.opens, self.known = open_now, opens, known

    def on_call(self, country: str, now: float, child: bool = False, without: Collection[str] = ()) -> OnCall:
        return OnCall(
            country=country,
            answers=True,
            open_now=self.open_now,
            opens_at=None if self.opens is None else now + self.opens * 3600,
            zone="America/Mexico_City",
            languages=("es", "en", "pt", "fr"),
            organisations=(("a", LONG_NAME), ("b", LONG_NAME)),
        )

    def text(self, country: str, now: float) -> DutyText | None:
        four = ("children.workers", "violence.health", "violence.everyone", "danger")
        return DutyText(country=country, variants=four) if self.known else None


DESKS = [Worst(True, None, True), Worst(True, None, False), Worst(False, 100, True), Worst(False, None, True)]
_PHONE = {"way": "phone", "contact": "yes", "whose": "mine", "zone": "America/Ciudad_Juarez"}
SITUATIONS: list[dict[str, Any]] = [
    {},
    {"age": "under18", "way": "phone"},
    {"age": "under18", "way": "here", "whom": "other"},
    {"way": "here", "contact": "yes", "zone": "America/Ciudad_Juarez", "country": "MX"},
    {**_PHONE, "country": "MX", "windows": (2, 5), "other": "yes", "message": "yes", "dropped": "call", "present": "clinic"},
    {**_PHONE, "need": "case-management", "urgent": "yes", "wish": "woman", "other_lang": "qu", "not_org": "a", "abroad": "CO"},
    {"tells": "yes", "whom": "other"},
]
DRAFT = {"number": Data("draft.number", "··· ··· 321"), "note": Data("draft.note", "···")}


@cache
def known(number: int) -> Any:
    zones = ("America/Mexico_City", "America/Ciudad_Juarez")
    return facts(SMS, duty=DESKS[number], draft=DRAFT, zones=lambda country, place: zones if country == "MX" else zones[:1])


@pytest.mark.requirement("L-2")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("screen", sorted(flow.sheets))
def test_every_screen_of_a_request_keeps_to_its_segments_at_its_longest(screen: str, lang: str) -> None:
    """Mutation: one more sentence on the screen of duties; a wish that pushes out where it goes."""
    most = 3 if screen in ANSWERS else 2
    for number in range(len(DESKS)):
        for situation in SITUATIONS:
            slots = {"safe": "yes", "ask": "yes", "country": "DO", "count": "yes", "opened": (3, 0), **situation}
            session = Session(id=b"0123456789abcdef", screen=screen, turn=3, lang=lang, slots=slots, back=("start.menu",))
            text = render(GRAPH.view(session, known(number)), lang, 3, SMS, WORDING).text
            assert gsm7.encoding(text) == "gsm7", sorted(gsm7.foreign(text))
            assert gsm7.segments(text) <= most, (len(text), text)


@pytest.mark.parametrize("lang", LANGS)
def test_the_code_is_whole_on_the_longest_receipt(lang: str) -> None:
    """Mutation: a code that is cut like a long name."""
    for number in range(len(DESKS)):
        session = Session(screen="request.done", turn=3, lang=lang, slots={"country": "DO", "opened": (3, 0), "way": "phone"})
        assert "0412 375 908 264" in render(GRAPH.view(session, known(number)), lang, 3, SMS, WORDING).text


@pytest.mark.parametrize("lang", LANGS)
def test_computed_labels_fit_on_a_button(lang: str) -> None:
    """Mutation: a language by a whole sentence."""
    for id in (*(f"request.tongue.{code}" for code in OTHER_LANGUAGES), *WORDS):
        assert len(WORDING.text(lang, id)) <= LABEL


@pytest.mark.requirement("D-2")
@pytest.mark.parametrize("lang", LANGS)
def test_every_sentence_of_a_reviewed_text_is_written(lang: str) -> None:
    """Also for two countries at once, of which one says more. Mutation: a variant that the roster knows and no catalog has."""
    assert set(RECORDED) == set(VARIANTS)

    class Two(SomeDuty):
        def text(self, country: str, now: float) -> DutyText | None:
            variants = ("children.workers", "danger") if country == "CO" else ("children.everyone", "officials")
            return DutyText(country=country, variants=variants, confirmed=True)

    intro, listed, last = duty_parts(("CO", "MX"), facts(SMS, duty=Two()))
    assert isinstance(intro, Phrase) and intro.params["country"].items == (Country("CO"), Country("MX"))
    assert isinstance(listed, Listing)
    # What everybody must tell holds for workers too.
    assert [one.id for one in listed.items] == ["duty.variant.children.everyone", "duty.variant.officials", "duty.variant.danger"]
    assert isinstance(last, Phrase) and last.id == "duty.keep_back"
    for one in listed.items:
        assert WORDING.say(lang, one)


@pytest.mark.requirement("E-7")
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("id", ["request.done", "complaint.done"])
def test_a_locked_screen_shows_no_part_of_the_code(lang: str, id: str) -> None:
    """Whoever reads over a shoulder could come back with it. Mutation: the number at the beginning of the receipt."""
    for text in said(lang, id):
        assert text.index("{code}") >= 40

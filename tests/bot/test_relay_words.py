"""What people on duty may not write, where it stands, and that what they are shown is what arrives."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from bot import gsm7
from bot.relay_words import CHAT_LENGTH, OPENING, WARNINGS, Fault, arrives, faults, lists, preview, stopping
from bot.wording import CONTENT, ContentError
from flows.facts import LANGS
from tests.content import lint

CHANNELS = ("telegram", "sms", "whatsapp", "simulator-telegram", "simulator-sms", "simulator-whatsapp")

#: What people on duty write: the agreed word first, whether now is fine, and then what was asked for.
GOOD = {
    "es": [
        "Girasol. ¿Puedes escribir ahora? Soy A.",
        "Hola, soy la persona con quien hablaste ayer. ¿Te va bien a las 15:00?",
        "Girasol, buenos días. Ya está lo que buscabas: abre de lunes a viernes de 8 a 16, sin costo. Avísame si te sirve.",
        "Luna 24. Recibí tu mensaje, gracias. Si quieres seguir, contesta cuando puedas; si no, está bien también.",
        "Encontré dos lugares cerca. El primero queda a diez minutos caminando. ¿Prefieres que te cuente por aquí o por llamada?",
    ],
    "en": [
        "Sunflower. Can you write now? It is A.",
        "Hello, this is the person you wrote to yesterday. Is three in the afternoon fine?",
        "Sunflower, good morning. I found what you asked for: open from Monday to Friday, 8 to 16, free. Tell me if it suits you.",
        "Moon 24. I got your message, thank you. If you want to go on, answer when you can; if not, that is fine too.",
        "There are two places near you. The first is ten minutes on foot. Would you like to hear more here, or by phone?",
    ],
    "pt": [
        "Girassol. Você pode escrever agora? Sou A.",
        "Olá, sou a pessoa com quem você falou ontem. Às 15 horas fica bem?",
        "Girassol, bom dia. Achei o que você pediu: abre de segunda a sexta, das 8 às 16, sem custo. Me diga se serve.",
        "Lua 24. Recebi sua mensagem. Se quiser continuar, responda quando puder; se não, tudo bem também.",
        "Há dois lugares perto. O primeiro fica a dez minutos a pé. Prefere que eu conte por aqui ou por telefone?",
    ],
}


def rules(text: str, lang: str = "es", channel: str = "telegram") -> set[str]:
    return {fault.rule for fault in faults(text, lang, channel)}


# --- one list --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-8")
@pytest.mark.requirement("E-7")
def test_people_on_duty_and_our_own_catalogs_have_one_list() -> None:
    """Mutation: a copy of the list, which somebody will forget to change."""
    assert lint.TELLING is lists().telling and lint.HARMFUL is lists().harmful and lint.ALLOWED is lists().allowed


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text.replace("telling = [", "telling = ["[:-1]),
        lambda text: text.replace("'violen'", "'viol(en'"),
        lambda text: text.replace("[opening]", "[closing]"),
        lambda text: text[: text.index("\ntelling")] + "\ntelling = []\n" + text[text.index("# Whole phrases") :],
    ],
)
def test_a_list_that_would_forbid_nothing_stops_the_start(tmp_path: Path, damage: Callable[[str], str]) -> None:
    """Mutation: an empty list taken for "nothing is forbidden"."""
    with pytest.raises(ContentError, match=r"forbidden\.toml"):
        lists(tmp_path)
    shutil.copy(CONTENT / "forbidden.toml", tmp_path / "forbidden.toml")
    file = tmp_path / "forbidden.toml"
    file.write_text(damage(file.read_text("utf-8")), "utf-8")
    lists.cache_clear()
    with pytest.raises(ContentError, match=r"forbidden\.toml"):
        lists(tmp_path)


# --- what is found ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("M-8")
@pytest.mark.parametrize(("lang", "text"), [(lang, text) for lang in LANGS for text in GOOD[lang]])
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_should_be_written_can_be_written(lang: str, text: str, channel: str) -> None:
    """Mutation: a list so long that nothing can be said."""
    assert faults(text, lang, channel) == []


FORBIDDEN = [
    *(("telling", word) for word in ("violencia", "agresión", "albergue", "shelter", "tráfico", "estupro", "víctima", "LGBT")),
    *(("telling", word) for word in ("VIH", "suicidio", "abrigo")),
    *(("promise", word) for word in ("garantizamos", "inmediatamente", "siempre", "tienes que", "you must", "we will help")),
    *(("promise", word) for word in ("com certeza", "vamos ajudar", "ilegal", "sin rastro")),
    *(("organisation", word) for word in ("ACNUR", "Cruz Roja", "Médicos Sin Fronteras", "UNICEF", "Cáritas", "OIM")),
]


def disguised(word: str, kind: str) -> str:
    if kind == "capitals":
        return word.upper()
    if kind == "plain":
        return "".join(part for part in unicodedata.normalize("NFKD", word) if not unicodedata.combining(part))
    if kind == "apart":
        return unicodedata.normalize("NFD", word)
    if kind == "invisible":
        return "\u200b".join(word)
    if kind == "wide":
        return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in word)
    return word


@pytest.mark.requirement("M-8")
@pytest.mark.requirement("E-7")
@pytest.mark.parametrize(("rule", "word"), FORBIDDEN)
@pytest.mark.parametrize("kind", ["", "capitals", "plain", "apart", "invisible", "wide"])
def test_a_forbidden_word_is_found_where_it_stands_however_it_is_written(rule: str, word: str, kind: str) -> None:
    """Mutation: matching with accents; an offset counted in the folded text; forgetting letters that cannot be seen."""
    written = disguised(word, kind)
    before = "Girasol, buenos días, ¿te va bien si hablamos ahora? Te cuento: "
    text = f"{before}{written} y nada más"
    (found,) = [fault for fault in faults(text, "es", "telegram") if fault.rule == rule]
    assert len(before) <= found.start < found.end <= len(before) + len(written)
    assert written.startswith(text[found.start : found.end][:1]) or found.start > len(before)
    assert stopping([found]) == [found]


@pytest.mark.requirement("M-8")
def test_names_of_the_network_s_members_are_found_as_words() -> None:
    """Mutation: names as patterns (a dot in a name), or as parts of words ("Sol" in "Girasol")."""
    text = "Girasol, buenos días, ¿te va bien ahora mismo? Vengo de Casa Sól y de P.A.N."
    assert faults(text, "es", "telegram") == []
    found = faults(text, "es", "telegram", organisations=["Sol", "P.A.N", "", "x"])
    assert [text[fault.start : fault.end] for fault in found] == ["Sól", "P.A.N"]
    assert faults("Girasol, el pan que buscabas está en la esquina de siempre no", "es", "telegram", ["P.A.N"])[0].rule == "promise"


@pytest.mark.requirement("E-7")
@pytest.mark.parametrize(
    ("lang", "word"),
    [("es", "policía"), ("es", "abogada"), ("en", "lawyer"), ("en", "husband"), ("pt", "advogada"), ("pt", "polícia")],
)
def test_what_is_fine_later_is_not_fine_on_a_locked_screen(lang: str, word: str) -> None:
    """Its first letter counts. Mutation: 40 letters counted with the spaces before the text, or one too few."""
    last = "x " * ((OPENING - 1) // 2) + "x" * ((OPENING - 1) % 2)
    assert len(last) == OPENING - 1
    for lead in ("", "  \n "):
        (found,) = faults(lead + last + word, lang, "telegram")
        assert found.rule == "opening" and found in stopping([found])
        assert faults(lead + last + " " + word, lang, "telegram") == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("https://example.org/a?b", "link"), ("www.example.org", "link"), ("example.org", "link"), ("wa.me/573001234567", "link"),
        ("t.me/faro", "link"), ("bit.ly/abc", "link"), ("alguien@example.org", "link"), ("+57 300 123 45 67", "phone"),
        ("3001234567", "phone"), ("(601) 555-12-34", "phone"),
    ],
)  # fmt: skip
def test_links_and_numbers_warn_and_in_the_opening_stop(text: str, rule: str) -> None:
    """Mutation: a link in the notification of a locked screen; refusing a number that the person asked for."""
    lead = "Girasol, buenos días. Esto es lo que pediste ayer: "
    found = faults(lead + text, "es", "whatsapp")
    assert {fault.rule for fault in found} <= {rule, "link", "phone"} and rule in {fault.rule for fault in found}
    assert stopping(found) == [] and {rule} <= WARNINGS
    assert (lead + text)[found[0].start : found[0].end] == text
    assert "opening" in {fault.rule for fault in stopping(faults("Mira " + text, "es", "whatsapp"))}


@pytest.mark.parametrize("text", ["a las 15:30", "de 8 a 16", "2 de mayo de 2027", "10 minutos", "Hola.Me llamo A", "p. ej."])
def test_times_and_sentences_are_no_numbers_and_no_links(text: str) -> None:
    assert faults("Girasol, buenos días. Esto es lo que pediste ayer: " + text, "es", "telegram") == []


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b\u200d", "\u00a0"])
def test_nothing_is_not_sent(text: str) -> None:
    """Mutation: sending a message that looks empty."""
    assert faults(text, "es", "sms") == [Fault(0, len(text), "empty")]


# --- how long --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-2")
@given(st.text(st.sampled_from("aé€ñ—á{\n x"), min_size=1, max_size=400).filter(str.strip))
def test_an_sms_takes_two_segments_and_the_place_is_shown_where_the_third_begins(text: str) -> None:
    """Counted by a library that is not ours. Mutation: counting before accents are folded; a place beyond what fits."""
    parts = len(smsutil.split(arrives(text, "sms")).parts)
    long = [fault for fault in faults(text, "es", "simulator-sms") if fault.rule == "too_long"]
    assert bool(long) is (parts > 2)
    for fault in long:
        assert fault.end == len(text)
        assert len(smsutil.split(arrives(text[: fault.start], "sms")).parts) <= 2
        assert len(smsutil.split(arrives(text[: fault.start + 1], "sms")).parts) > 2


@pytest.mark.parametrize(
    ("channel", "most"), [("sms", 306), ("telegram", CHAT_LENGTH), ("whatsapp", CHAT_LENGTH), ("", CHAT_LENGTH)]
)
def test_the_limit_of_each_channel_is_exact(channel: str, most: int) -> None:
    """Mutation: a message in two parts on WhatsApp."""
    assert faults("x" * most, "en", channel) == []
    assert faults("x" * (most + 1), "en", channel) == [Fault(most, most + 1, "too_long")]
    if channel != "sms":
        assert faults("😀" * (most // 2 + 1), "en", channel) == [Fault(most // 2, most // 2 + 1, "too_long")]


# --- what is shown ---------------------------------------------------------------------------------------------------


@given(st.text(max_size=300), st.sampled_from(CHANNELS), st.sampled_from(LANGS))
def test_the_preview_is_what_arrives(text: str, channel: str, lang: str) -> None:
    """Mutation: folding twice, or after the preview."""
    shown = preview(text, channel, lang)
    assert shown.text == arrives(text, channel) == arrives(shown.text, channel) == shown.text.strip()
    assert shown.locked == shown.text[:OPENING].replace("\n", " ") and "\r" not in shown.text
    assert shown.faults == tuple(faults(text, lang, channel))
    for fault in shown.faults:
        assert 0 <= fault.start <= fault.end <= len(text)
    if channel.endswith("sms"):
        assert gsm7.encoding(shown.text) == "gsm7" and shown.segments == gsm7.segments(shown.text)
    else:
        assert shown.segments == 0


def test_the_preview_says_what_becomes_of_letters_that_sms_has_not() -> None:
    """Mutation: telling of a change where only the ends were trimmed."""
    shown = preview(" ¿Mañana está bien? “Sí” 🙂 ", "sms", "es")
    assert (shown.text, shown.changed, shown.segments) == ('¿Mañana esta bien? "Si"', True, 1)
    assert not preview(" Mañana\r\n", "sms", "es").changed
    assert not preview("está", "telegram", "es").changed
    assert arrives("a\u202eb\x00c\td\ud800", "telegram") == "abc d"

"""GSM-7: what fits, what it costs, and the way in; against a counter that is not ours and against cases counted by hand."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
import smsutil
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.gsm7 import BASIC, EXTENSION, encoding, fold, foreign, segments, septets, split, to_gsm7

#: Letters that a person of the three languages may read, and what must never be lost among them.
KEPT = "ñÑéÉüÜ¿¡àòùìèäöÄÖÇåÅæÆøØß@£$¥§_ΔΩ"
EVERYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
MIXED = st.text(st.sampled_from(BASIC + EXTENSION) | st.sampled_from("áíóúãõçâêô“”…–—•→🏠👩ïłЖ中\u0301\u200d\ufe0f"), max_size=400)
GSM = st.text(st.sampled_from(BASIC + EXTENSION * 5), min_size=1, max_size=700)


def oracle(text: str) -> int:
    return len(smsutil.split(text).parts)


# --- counting --------------------------------------------------------------------------------------------------------

#: Plain letters, escaped letters, letters outside, pictures of two UTF-16 units: (text, segments), counted by hand.
HAND = [
    ("", 0),
    ("a", 1),
    ("a" * 160, 1),
    ("a" * 161, 2),
    ("a" * 306, 2),
    ("a" * 307, 3),
    ("a" * 459, 3),
    ("a" * 460, 4),
    ("ñ" * 160, 1),
    ("ñ" * 161, 2),
    ("\n" * 160, 1),
    ("€" * 80, 1),
    ("€" * 81, 2),  # 162 septets
    ("^" * 153, 3),  # 76 in each part of 153 septets, because none is cut: 76 + 76 + 1
    ("^" * 152, 2),
    ("a" * 159 + "€", 2),  # 161 septets
    ("a" * 158 + "€", 1),
    ("a" * 152 + "€" + "a" * 151, 2),  # the sign does not fit into the first part and goes to the second, which is full then
    ("a" * 152 + "€" + "a" * 152, 3),  # 306 septets, and yet three parts: a septet of the first stays empty
    ("a" * 151 + "€" + "a" * 153, 2),
    ("á", 1),
    ("á" * 70, 1),
    ("á" * 71, 2),
    ("á" * 134, 2),
    ("á" * 135, 3),
    ("á" * 201, 3),
    ("á" * 202, 4),
    ("a" * 69 + "á", 1),
    ("a" * 70 + "á", 2),
    ("€" * 69 + "á", 1),  # escaped letters are one unit in UCS-2
    ("🏠" * 35, 1),
    ("🏠" * 36, 2),
    ("🏠" * 66, 2),
    ("🏠" * 67, 3),  # 33 in each part of 67 units, because no pair is cut
    ("á" * 66 + "🏠" + "á" * 65, 2),
    ("á" * 66 + "🏠" + "á" * 66, 3),
    ("á" * 65 + "🏠" + "á" * 67, 2),
]


@pytest.mark.requirement("L-2")
@pytest.mark.parametrize(("text", "count"), HAND, ids=[f"case {number}" for number in range(len(HAND))])
def test_counted_by_hand(text: str, count: int) -> None:
    """Segments are counted as carriers bill them.

    Mutation: splitting at ceil(septets / 153) without looking at escaped letters.
    """
    assert segments(text) == count
    assert len(split(text)) == count


@pytest.mark.requirement("L-2")
def test_every_boundary() -> None:
    """All lengths round each boundary, for letters of each width and an escaped letter at each place near the cut: 300 and more.

    Mutation: 160 for 153 as the length of a part, or <= for <.
    """
    cases = 0
    for letter, edges in (("a", (160, 306, 459, 612)), ("€", (80, 152, 228)), ("á", (70, 134, 201)), ("🏠", (35, 66, 99))):
        for edge, off in itertools.product(edges, range(-4, 5)):
            text = letter * (edge + off)
            assert segments(text) == oracle(text), (letter, len(text))
            cases += 1
    for wide, plain, edges in (("€", "a", (153, 160, 306, 459)), ("🏠", "á", (67, 70, 134, 201))):
        for edge, place, off in itertools.product(edges, range(-5, 2), range(-3, 4)):
            text = plain * (edge + place) + wide + plain * max(0, -place + off)
            assert segments(text) == oracle(text), (wide, edge, place, off)
            cases += 1
    assert cases > 300


@given(EVERYTHING | MIXED)
@settings(max_examples=300, deadline=None)
def test_same_count_as_an_independent_counter(text: str) -> None:
    # ESC is in the other library's table as a letter; it is none (3GPP TS 23.038, 6.2.1).
    text = text.replace("\x1b", "")
    if text:
        assert segments(text) == oracle(text)
        assert (encoding(text) == "gsm7") == (smsutil.split(text).encoding == "gsm0338")


@given(GSM)
@settings(max_examples=200, deadline=None)
def test_septets_are_those_of_the_encoded_text(text: str) -> None:
    assert septets(text) == len(text.encode("gsm0338"))
    assert segments(text) == oracle(text)


@given(EVERYTHING | GSM)
@settings(max_examples=200, deadline=None)
def test_split_loses_nothing_and_counts_the_same(text: str) -> None:
    parts = split(text)
    assert "".join(parts) == text
    assert len(parts) == segments(text)
    for part in parts:
        if encoding(text) == "gsm7":
            assert (septets(part) or 0) <= (160 if len(parts) == 1 else 153)
        else:
            assert len(part.encode("utf-16-be")) // 2 <= (70 if len(parts) == 1 else 67)


def test_septets_outside() -> None:
    assert septets("á") is None
    assert septets("\x1b") is None
    assert encoding("") == "gsm7"
    assert len(BASIC) == 127
    assert len(set(BASIC + EXTENSION)) == 137


# --- the way in ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("L-2")
def test_every_letter_of_the_alphabet_is_kept() -> None:
    """ñ, é, ü, ¿, ¡, à, capital Ç and all others of GSM-7 pass as they are, however they were typed.

    Mutation: decomposing every accent (NFKD), which turns "año" into "ano".
    """
    for letter in BASIC + EXTENSION.replace("\f", ""):
        assert fold(letter) == letter
        assert to_gsm7(letter) == letter
    assert fold("\f") == "\n"
    for letter in KEPT:
        assert letter in BASIC
        assert to_gsm7(unicodedata.normalize("NFD", letter)) == letter
    assert to_gsm7("El año pasado, ¿qué pasó en Ñuñoa? ¡Vergüenza!") == "El año pasado, ¿qué paso en Ñuñoa? ¡Vergüenza!"


@pytest.mark.requirement("L-2")
def test_letters_of_spanish_and_portuguese_outside_the_alphabet() -> None:
    """Exactly these letters lose their mark, in both cases.

    Mutation: leaving ô out, so that one word turns a whole message into UCS-2 (70 letters).
    """
    assert fold("áíóúãõçâêô") == "aiouaocaeo"
    assert fold("ÁÍÓÚÃÕÂÊÔÀ") == "AIOUAOAEOA"
    assert fold("n.º 1ª") == "n.o 1a"
    assert fold("ação AÇÃO") == "acao AÇAO"
    for sentence in ("¿Dónde está? Está aquí, en la estación", "Você não está só: há três opções, à direita", "Açaí, pôr"):
        assert encoding(fold(sentence)) == "gsm7"


def test_typography() -> None:
    assert fold("“Sí” – dijo… ‘no’ — 5 × 3 • a\u00a0b\u2009c → d") == "\"Si\" - dijo... 'no' - 5 x 3 - a b c -> d"
    assert fold("a\u200bb\ufeffc\u00add") == "abcd"
    assert fold("a\tb\u2028c") == "a b\nc"


def test_fold_touches_nothing_else() -> None:
    """What catalogs must not hold stays and is named, so that a test of the content can refuse it."""
    assert fold("Haïti 🏠 Привет") == "Haïti 🏠 Привет"
    assert foreign("Haïti 🏠 ñ") == {"ï", "🏠"}
    assert foreign(fold("“ación”")) == set()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("🏠 Casa", "Casa"),
        ("Casa 🏠", "Casa"),
        ("Casa 🏠 azul", "Casa azul"),
        ("Casa🏠azul", "Casaazul"),
        ("Casa 🏠.", "Casa ."),
        ("a 🏠\nb", "a\nb"),
        ("1️⃣ Salud", "1 Salud"),
        ("👩‍👩‍👧 x", "x"),
        ("Haïti, Curaçao, Zoë", "Haiti, Curacao, Zoe"),
        ("Łódź", "Lodz"),
        ("Ａ２ ½ ² №", "A2 1/2 2 No"),
        ("Центр Sur", "? Sur"),
        ("中心", "?"),
        ("₡500", "CRC 500"),
        ("a\x00b\x01c\x07d", "abcd"),
        ("\ud83d rest", "rest"),
        ("", ""),
        ("🏠", ""),
    ],
)
def test_names_of_a_directory(text: str, plain: str) -> None:
    assert to_gsm7(text) == plain


@pytest.mark.requirement("L-2")
@given(EVERYTHING | MIXED)
@settings(max_examples=400, deadline=None)
def test_always_fits(text: str) -> None:
    """Whatever a directory holds, a message is GSM-7, and going in twice changes nothing.

    Mutation: letting letters without a plain form through.
    """
    plain = to_gsm7(text)
    assert encoding(plain) == "gsm7"
    assert foreign(plain) == set()
    assert to_gsm7(plain) == plain


@given(st.text(st.sampled_from(KEPT + "abc 123"), max_size=80))
@settings(deadline=None)
def test_nothing_kept_is_changed_in_company(text: str) -> None:
    assert to_gsm7(text) == text
    assert to_gsm7(text + "á🏠") == text + "a"

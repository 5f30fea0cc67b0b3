"""What identifies somebody: where it stands, what is put in its place, and that no text takes long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.identifying import LONGEST, blanked, spans
from bot.identifying.flat import flat


@pytest.mark.requirement("D-1")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("me llamo Yuleidy Chirinos, cel 0414-1234567", "me llamo ···, cel ···"),
        ("mi cédula es V-12.345.678", "mi cédula es ···"),
        ("moro na Rua das Flores, 123, Boa Vista", "moro na ···, Boa Vista"),
        ("my A-number is A123 456 789", "my A-number is ···"),
        ("llame al 911 o al 1-888-373-7888", "llame al 911 o al 1-888-373-7888"),
        ("el bus 45 cuesta 1.500.000 pesos el 12/05/2024", "el bus 45 cuesta 1.500.000 pesos el 12/05/2024"),
        ("el Hospital Rosales y la Plaza Simón Bolívar", "el Hospital Rosales y la Plaza Simón Bolívar"),
        ("Client Farida Noorzai moved to Phoenix", "Client ··· moved to Phoenix"),
        ("Ayer fuimos de Tapachula a Ciudad Hidalgo con Cáritas", "Ayer fuimos de Tapachula a Ciudad Hidalgo con Cáritas"),
        ("soy yorgelis, de Barinas", "soy ···, de Barinas"),
        ("Nesecito no morir, soy tachirense", "Nesecito no morir, soy tachirense"),
        ("Keyberth y su hermano duermen aquí", "··· y su hermano duermen aquí"),
        ("Greyhound, FlixBus and Megabus all want ID", "Greyhound, FlixBus and Megabus all want ID"),
        ("tres doce ocho cuarenta y cinco sesenta y dos diecinueve", "···"),
        ("dos niños de tres y cinco años, cuarenta y dos mil pesos", "dos niños de tres y cinco años, cuarenta y dos mil pesos"),
        ("estamos en -3.1019, -60.0250", "estamos en ···"),
        ("cerca de 14°54'20\"N 92°15'45\"W, de noche", "cerca de ···, de noche"),
        ("vivo en la casa azul frente a la bomba Puma, casa 14, y él lo sabe", "vivo en ···, y él lo sabe"),
        ("la oficina frente al parque, segundo piso, abre a las 8", "la oficina frente al parque, segundo piso, abre a las 8"),
        ("a casa de passagem fica ao lado da ponte, portão azul", "a casa de passagem fica ao lado da ponte, portão azul"),
        ("she is in room 214 of the Desert Inn on Gateway East", "she is in ···"),
        ("room 12 of the immigration office opens at 9", "room 12 of the immigration office opens at 9"),
        ("Cra 12 # 8-45, tercer piso, timbre 2 y no abre", "··· y no abre"),
        ("moto vermelha QZA 5C27 leva criança", "moto vermelha ··· leva criança"),
        ("un carro gris cobra 300 por persona", "un carro gris cobra 300 por persona"),
        ("el numero es 300 y luego 718 y termina en 4460, apunten", "el numero es ···, apunten"),
        ("entre 300 y 400 personas y luego 5000 más", "entre 300 y 400 personas y luego 5000 más"),
        ("perfil do face: Yohandry Construções e Pinturas, é lá", "perfil do face: ···, é lá"),
        ("Facebook: Cruz Roja Colombiana publica las jornadas", "Facebook: Cruz Roja Colombiana publica las jornadas"),
        ("meu email ali hassan 1990 @ outlook . com", "meu email ···"),
        ("mi carné es el 135-RE-002846-1999", "mi carné es el ···"),
        ("um cara que chamam de Pastel, 100 reais", "um cara que chamam de ···, 100 reais"),
        ("me dicen que espere hasta el lunes", "me dicen que espere hasta el lunes"),
        ("aqui é rosângela irmã do wanderley", "aqui é ··· irmã do ···"),
        ("la dueña de la casa, Marlene, grita", "la dueña de la casa, ···, grita"),
        ("we lost Ibrahim's green card", "we lost ···'s green card"),
        ("o RG do Wallace e o passaporte da Bolívia", "o RG do ··· e o passaporte da Bolívia"),
        ("my name thi hoa nguyen i am from vietnam", "my name ··· i am from vietnam"),
        ("my name wrong on the card, his name was wrong too", "my name wrong on the card, his name was wrong too"),
        ("mi numero tres uno cuatro 606 29 87, de noche", "mi numero ···, de noche"),
        ("vivimos en el km 14 de la vía a Daule y no hay bus", "vivimos en ··· y no hay bus"),
        ("o ônibus quebrou no km 38 da BR-174", "o ônibus quebrou no km 38 da BR-174"),
        ("They hold us at 88 County Road 214 and", "They hold us at ··· and"),
        ("my registration card is VEN-TT 0038216", "my registration card is ···"),
        ("Firmo esta queja: no hay agua", "Firmo esta queja: no hay agua"),
        ("o abrigo da rua São Francisco é só até 13h30", "o abrigo da rua São Francisco é só até 13h30"),
        ("find me on facebook under Keisha Marie Baptiste", "find me on facebook under ···"),
        ("aqui é perigoso, minha irmã desmaiou", "aqui é perigoso, minha irmã desmaiou"),
    ],
)  # fmt: skip
def test_what_identifies_is_blanked_and_the_rest_stays(text: str, expected: str) -> None:
    """Mutation: dropping ``data/helplines.toml``, the units behind a number, ``[named_after]``, the common words,
    the places, how words sound, the houses of services, how far an address reaches, the words for vehicles."""
    assert blanked(text) == expected


def test_offsets_count_code_points() -> None:
    """Mutation: offsets in UTF-16 or in the text without accents."""
    text = "🙏🏽 ñandú é́ mi tel es 300 123 4567"
    (span,) = spans(text)
    assert text[span.start : span.end] == "300 123 4567" and span.type == "phone"
    assert len(flat(text)) == len(text)


def test_digits_of_other_scripts_and_long_dashes_are_digits_and_dashes() -> None:
    """Mutation: looking for 0 to 9 only."""
    assert blanked("tel ٣٠٠١٢٣٤٥٦٧") == "tel ···"
    assert blanked("DUI 04567891–2") == "DUI ···"


@pytest.mark.parametrize(
    "text",
    ["1 " * 5_000, "a" * 10_000, "calle " * 1_700, "@" * 10_000, "me llamo " * 1_200, "Ana " * 2_500, "(1-2." * 2_000,
     "rua a b c d " * 900, "1.2.3.4" * 1_500, " " * 10_000, "casa 1 " * 1_500, "\n" * 10_000, "é" * 10_000, "cedula " * 1_500,
     "avenida a a a a a " * 600, "x.x" * 3_400, "de la " * 1_700, "A1" * 5_000,
     "Xyzab Qwertz " * 770, "tres cuarenta y cinco " * 450, "14°54' " * 1_400, "1.2345 " * 1_400,
     "ab cd ef 123, " * 700, "uno y " * 1_600,
     "la casa azul frente a la bomba " * 320, "km 3, del porton 2 cuadras al sur " * 300, "red gate, " * 1_000,
     "calle a con b, " * 660,
     "de la a a a a " * 700, "a (dot) " * 1_250, "mi email es a " * 700, "1 y luego " * 1_000, "tel 1, 2 y luego 3 " * 520,
     "moto a b c d e " * 660, "facebook: A B C D " * 550, "con a, mi hermano " * 550, "casa 1, bloque 2, " * 550, "1-a-" * 2_500,
     "de tal a b " * 900, "la dueña de a b c d e " * 480, "km 1 de la via a b " * 550, "seven8six" * 1_100, "acta de la " * 900,
     "AB-CD 12 " * 1_100, "my name a " * 1_000, "12 County Road 2 " * 600, "a's b c card " * 800,
     "piso 1 " * 1_400, "CDE12:" * 1_600],
)  # fmt: skip
def test_pastes_are_bounded(text: str) -> None:
    """The bound is generous, some ten times what it takes. Mutation: a pattern that tries every way to part the same words."""
    before = time.process_time()
    spans(text)
    assert time.process_time() - before < 3.0


_PIECES = st.sampled_from(
    ["calle", "mi", "cedula", "Ana", "Pérez", "123", "4567", "-", ".", "@", "# ", " ", "\n", "me llamo", "Rua", "n°", "casa", "V",
     "ñ", "😀", "/"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=60).map(" ".join), st.lists(_PIECES, max_size=60).map("".join)))
def test_any_text_has_spans_in_order_and_apart(text: str) -> None:
    """Mutation: an overlap that is not settled; an offset behind the end."""
    found = spans(text)
    ends = [0, *(span.end for span in found)]
    assert all(end <= span.start < span.end <= len(text) for end, span in zip(ends, found, strict=False))
    assert len(blanked(text)) <= len(text) + 3 * len(found)


def test_nothing_is_kept_that_was_not_looked_at() -> None:
    """Mutation: blanking only the beginning of a paste and keeping the rest."""
    assert len(blanked("a " * LONGEST)) <= LONGEST

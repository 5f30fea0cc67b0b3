"""Files to rows to drafts: every adapter on small files of the sources' own shapes. No database."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from bot.directory import neutral
from bot.directory.importing import MAPS, FileError, MapError, Report, candidates, files, hours, map_for, maps, phones
from bot.directory.importing.candidate import Broken, Candidate, Held, Note, Reason

SMALL = Path(__file__).parents[2] / "data" / "import"
TODAY = date(2026, 11, 21)
#: Reasons that only a way to complain can have: ``test_channels_travel``.
OF_CHANNELS = {Reason.NO_WAY, Reason.PERSONAL_WAY, Reason.DISCREET_WAY}


def judged(
    path: Path, map_path: Path | None = None, *, today: date = TODAY, countries: Iterable[str] | None = None
) -> tuple[Report, dict[str, Candidate], dict[str, Reason]]:
    """(report, taken by identifier, reasons by identifier or row)."""
    map_path = map_path or map_for(path)
    spec = maps.read_map(map_path) if map_path else None
    report = Report(path.name)
    taken: dict[str, Candidate] = {}
    held: dict[str, Reason] = {}
    more = {} if countries is None else {"countries": frozenset(countries)}
    for one in candidates(path, spec, report, format=spec.format if spec else "hsds", today=today, **more):  # type: ignore[arg-type]
        if isinstance(one, Held):
            held[one.source_id or str(one.row)] = one.reason
        else:
            taken[one.source_id] = one
    assert report.read == report.taken + report.held.total(), "a row is in exactly one line of the report"
    return report, taken, held


def test_every_map_is_sound_and_recognises_its_small_file() -> None:
    """Mutation: renaming a map's ``file`` pattern."""
    found = {map_for(path) for path in SMALL.iterdir() if path.stem != "every_reason"}
    assert None not in found
    assert found == set(MAPS.glob("*.toml"))


def test_brazilian_health_units() -> None:
    report, taken, held = judged(SMALL / "br_ubs_primary_care_small.csv")
    flowers = taken["1001"]
    assert (flowers.lat, flowers.lon) == (-23.5475, -46.6361)
    assert flowers.name == flowers.short_name == "UBS Jardim das Flores"
    assert flowers.address == "Rua das Flores, Centro"
    assert flowers.kinds == ("health",)
    assert len(taken["1002"].short_name) <= 32 and taken["1002"].short_name.startswith("UBS Parte Alta")
    assert held == {
        "1003": Reason.PERSON,
        "1005": Reason.NO_PLACE,
        "1006": Reason.SKIPPED,
        "1007": Reason.WRONG_COUNTRY,
        "10": Reason.BROKEN,
    }
    assert taken["1004"].sensitive and taken["1004"].lat is None and taken["1004"].address == ""
    assert taken["1008"].short_name == "" and report.notes[Note.SHORT_NAME] == 2


def test_brazilian_support_points() -> None:
    """Mutation: reading ``whatsapp`` as the answer for every number; dropping the area code."""
    report, taken, held = judged(SMALL / "br_penhas_support_points_small.csv")
    police = taken["Delegacia da Mulher - Manaus/Manaus/Um/10"]
    assert police.authority == "police" and police.specialised and police.people == {"women": True}
    assert police.short_name == "DEAM Manaus"
    assert police.hours is not None and police.hours.always and police.hours.zone == "America/Manaus"
    assert [phone.number for phone in police.phones] == ["+559232365000"]
    social = taken["Centro de Referência da Assistência Social - Manaus/Manaus/Dois/20"]
    assert [(phone.number, phone.whatsapp) for phone in social.phones] == [("+5592984173249", True), ("+558007260101", False)]
    assert social.hours is not None and social.hours.weekly == tuple((day, 480, 1020) for day in range(5))
    assert social.address == "Rua Dois, 20, sala 3"
    house = taken["Casa de Acolhida Serena/São Paulo/Escondida/7"]
    assert house.sensitive and house.lat is None and house.address == "" and house.phones
    assert list(held.values()) == [Reason.WRONG_COUNTRY], "a lost minus sign is not guessed"
    odd = taken["Centro com Plantão/São Paulo/Quatro/40"]
    assert odd.hours is None and odd.phones == () and report.notes[Note.PHONE_INVALID] == 0
    assert not any("fulana" in str(one) for one in taken.values()), "a column that the map does not name is never read"


def test_chilean_establishments_two_spellings_of_open() -> None:
    """Mutation: comparing the state without folding; reading "SIN DATO" as a street."""
    _, taken, held = judged(SMALL / "cl_health_establishments_small.csv")
    assert set(taken) == {"201", "202", "206"}
    assert held == {"203": Reason.CLOSED, "204": Reason.SKIPPED, "205": Reason.UNCLEAR}
    assert taken["201"].address == "Calle Las Dunas 12" and taken["201"].organisation == "Servicio de Salud Arica"
    assert taken["202"].kinds == ("mhpss",) and taken["202"].address == ""
    assert taken["206"].lat is None and taken["206"].municipality == "Arica"


def test_peruvian_hospitals_have_longitude_in_norte() -> None:
    """Mutation: exchanging the two axis columns in the map."""
    report, taken, held = judged(SMALL / "pe_hospitals_small.csv")
    assert (taken["301"].lat, taken["301"].lon) == (-9.27748394, -77.6493849)
    assert taken["301"].name == "Hospital Carhuaz" and report.notes[Note.SWAPPED] == 0
    assert taken["301"].hours is not None and taken["301"].hours.always
    assert taken["302"].phones == () and report.notes[Note.PHONE_INVALID] == 3, "local numbers without an area code"
    assert taken["302"].hours is None, "hours without days are not known"
    assert taken["302"].address == "Jr. Union N. 5"
    assert taken["303"].authority == "police" and taken["303"].phones == () and taken["303"].address == ""
    assert held == {"304": Reason.LETTERS}
    assert "SECRETA" not in str(taken).upper()


def test_us_hospitals() -> None:
    _, taken, held = judged(SMALL / "us_hospitals_hifld_small.csv")
    assert held == {"402": Reason.CLOSED, "403": Reason.NOT_COVERED, "404": Reason.REFUSED_NUMBER}
    valley = taken["401"]
    assert valley.name == 'Sun Valley "North" Hospital' and valley.url == "http://example.org"
    assert valley.address == "1 Main Street, El Paso, TX 79901"
    assert [phone.shown for phone in valley.phones] == ["(915) 532-0000"]
    assert taken["405"].kinds == ("mhpss", "health") and taken["405"].url == ""


def test_overpass_nodes_and_ways() -> None:
    report, taken, _ = judged(SMALL / "ve_hospitals_osm_overpass_small.json")
    assert set(taken) == {"node/1", "way/2", "node/4", "node/7"}
    assert taken["node/1"].hours is not None and taken["node/1"].hours.always and taken["node/1"].wheelchair is None
    assert taken["node/1"].free is True and taken["node/1"].phones[0].number == "+582124152348"
    assert taken["way/2"].hours is not None and taken["way/2"].hours.weekly == tuple((d, 420, 960) for d in range(5))
    assert taken["way/2"].email == "" and report.notes[Note.PERSONAL_EMAIL] == 1
    assert (taken["node/4"].lat, taken["node/4"].lon) == (10.3652, -66.9763) and report.notes[Note.SWAPPED] == 1
    assert taken["node/7"].hours is None and report.notes[Note.HOURS_UNREAD] == 1
    assert report.held == {
        Reason.WRONG_COUNTRY: 1, Reason.NO_NAME: 1, Reason.DUPLICATE: 1, Reason.PERSON: 1, Reason.BROKEN: 1,
    }  # fmt: skip
    assert "Secreta" not in str(taken)


def test_services_advisor_expires_by_its_end_date() -> None:
    """Mutation: ignoring ``ends``; reading a false key of an object as true."""
    path = SMALL / "jo_unhcr_services_advisor_small.json"
    report, taken, _ = judged(path)
    assert not taken and report.held == {Reason.ENDED: 6}
    report, taken, _ = judged(path, today=date(2014, 6, 1), countries={"JO"})
    by_kind = {one.kinds[0]: one for one in taken.values()}
    assert set(by_kind) == {"health", "case-management", "safety"}
    assert by_kind["health"].papers is False and by_kind["case-management"].papers is True
    assert by_kind["case-management"].people == {"children": True} and by_kind["case-management"].specialised
    assert by_kind["safety"].sensitive
    assert report.held == {Reason.NO_KIND: 1, Reason.ENDED: 1, Reason.SKIPPED: 1}
    assert "Secreta" not in str(taken)
    report, taken, _ = judged(path, today=date(2014, 6, 1))
    assert not taken and report.held[Reason.NOT_COVERED] == 5


@pytest.mark.requirement("S-6")
def test_each_reason_and_each_note_has_its_row_and_its_line() -> None:
    """Mutation: leaving out any one check of ``quarantine.inspect``."""
    report, taken, held = judged(SMALL / "every_reason.csv", SMALL / "every_reason.toml")
    expected = {
        "lost": Reason.LETTERS, "noname": Reason.NO_NAME, "ok": Reason.DUPLICATE, "nokind": Reason.NO_KIND,
        "closed": Reason.CLOSED, "ended": Reason.ENDED, "unclear": Reason.UNCLEAR, "notcovered": Reason.NOT_COVERED,
        "nocountry": Reason.NO_COUNTRY, "impossible": Reason.IMPOSSIBLE, "wrong": Reason.WRONG_COUNTRY,
        "noplace": Reason.NO_PLACE, "refused": Reason.REFUSED_NUMBER, "person": Reason.PERSON, "staff": Reason.SKIPPED,
    }  # fmt: skip
    assert {name: reason for name, reason in held.items() if not name.isdigit()} == expected
    assert {reason for name, reason in held.items() if name.isdigit()} == {Reason.BROKEN, Reason.NO_ID}
    assert set(report.held) == set(Reason) - OF_CHANNELS
    notes = set(report.notes) | {Note.HOURS_UNREAD}  # this file has no hours; others have
    assert notes == set(Note)
    text = report.text()
    for reason in report.held:
        assert reason.value in text
    assert "Secreta" not in text and "gmail" not in text and "866" not in text, "the report repeats no row"

    assert taken["ok"].texts == {"es": "Consulta médica sin cita."} and taken["ok"].email == "info@puente.example"
    assert taken["gossip"].texts == {} and taken["address"].address == "" and taken["mailbox"].email == ""
    assert taken["swapped"].lat == 4.6097 and taken["police"].authority == "police"
    assert [phone.number for phone in taken["badphone"].phones] == ["+576013537002"]
    assert taken["phonetext"].phones == () and taken["nopoint"].municipality == "Bogotá"
    assert taken["whom"].address == "" and taken["whom"].municipality == "Bogotá"
    assert taken["dear"].cost == "" and taken["dear"].url == "" and taken["dear"].address == "Calle 3"
    assert taken["price"].cost == "Consulta $ 20.000 - $ 1.250.000" and taken["price"].url == "https://barato.example"
    assert taken["ownphone"].phones == () and taken["ownphone"].email == ""
    assert taken["street"].texts == {} and taken["street"].municipality == "" and taken["street"].phones
    shelter = taken["shelter"]
    assert shelter.sensitive and shelter.address == "" and shelter.lat is None and shelter.lon is None
    assert "Secreta" not in str(taken) and "Escondida" not in str(taken) and "300" not in str(taken)


@pytest.mark.requirement("E-7")
def test_short_names_are_neutral_short_and_keep_their_accents() -> None:
    """Mutation: cutting at 32 letters before looking for loud words; leaving a word out of the list."""
    assert neutral.short_name("Centro LGBT Norte") == ""
    assert neutral.short_name("Albergue San José", "Punto Norte") == "Punto Norte"
    assert neutral.short_name("Centro de Referência Especializado da Assistência Social - Maceió") == "CREAS - Maceió"
    long = neutral.short_name("Hospital de Niños y Niñas de la Gran Ciudad del Norte y de la Costa")
    assert len(long) <= 32 and not long.endswith((" de", " y", " la")) and "ñ" in long
    for word in ("violencia", "VÍCTIMAS", "survivors", "abrigo", "refúgios", "Shelter", "tráfico", "HIV", "Diversidad", "PSEA"):
        assert neutral.loud(f"Centro {word} Sur"), word
    for name in ("UBS do Agreste", "Hospital Santa Rosa", "Centro Migrante", "Clínica de la Mujer", "Tratamiento Integral"):
        assert not neutral.loud(name), name


def test_shelter_words_are_whole_folded_words_in_three_languages() -> None:
    """Mutation: leaving a word out of the lists; counting "hogar" in the name of a hospital."""
    for name in ("ABRIGO_MUNICIPAL", "Casa de Acolhida", "El Albergue", "Casa-Refugio Sol", "Safe House", "Centro LGTBI+",
                 "Acolhimento Familiar", "Casa del Migrante", "Women's Shelter", "Refugio Santa Ana", "Casa Hogar Nueva Vida",
                 "Alojamiento temporal El Camino", "Dormitorio", "Casa de protección", "Casa de la Mujer Migrante",
                 "Posada del Peregrino", "Casa Lar", "Centro de atención integral a víctimas", "Casa Emaús", "Hospedaje Sol",
                 "Residencia de Protección de Mujeres", "group_home", "Foyer Espoir"):  # fmt: skip
        assert neutral.shelter_like(name), name
    for name in ("Sheltering Arms Hospital", "Hospital Translúcido", "Transito Municipal", "Hospital El Refugio", "UBS Agreste",
                 "Hospital del Hogar", "UBS Lar Paraná", "Casa de la Cultura", "Casa de Justicia",
                 "Casa da Mulher Brasileira"):  # fmt: skip
        assert not neutral.shelter_like(name), name


@pytest.mark.parametrize(
    ("cell", "country", "numbers"),
    [
        ("01-2171818", "PE", ["+5112171818"]),
        ("062-562018/062-562019", "PE", ["+5162562018", "+5162562019"]),
        ("TELF.083-830447  RADIO= 7890.0 KHZ OACK - 75", "PE", ["+5183830447"]),
        ("NO CUENTA CON TELEFONO", "PE", []),
        ("#999302266 ", "PE", ["+51999302266"]),
        ("(323) 462-2271", "US", ["+13234622271"]),
        ("180", "BR", ["180"]),
        ("999", "BR", []),
        ("+593 2 298 0000", "CO", ["+59322980000"]),
    ],
)
def test_phone_cells(cell: str, country: str, numbers: list[str]) -> None:
    assert [phone.number for phone in phones.read(cell, country)[0]] == numbers


@pytest.mark.requirement("S-6")
@pytest.mark.parametrize("text", ["1-866-347-2423", "+18663472423", "call (866) 347.2423 now", "1 866 DHS 866 347 2423"])
def test_the_blocklisted_number_is_known_however_written(text: str) -> None:
    """Mutation: comparing the text instead of its digits."""
    assert phones.refused(text)
    assert not phones.refused("1-866-347-2424 and nothing else")


def test_opening_hours_are_read_wholly_or_not_at_all() -> None:
    week = tuple((day, 480, 1020) for day in range(5))
    assert hours.osm("Mo-Fr 08:00-17:00") == week
    assert hours.osm("Mo-Fr 08:00-17:00; Sa 08:00-12:00; PH off") == (*week, (5, 480, 720))
    assert hours.osm("Mo-Fr 08:00-12:00,13:00-17:00") == tuple(
        span for day in range(5) for span in ((day, 480, 720), (day, 780, 1020))
    )
    assert hours.osm("24/7") == hours.osm("00:01-24:00") == hours.osm("Mo-Su 00:00-24:00") == hours.ALWAYS
    assert hours.osm("Mo-Su 18:00-06:00") == tuple((day, 1080, 1800) for day in range(7))
    for odd in ("sunrise-sunset", "Mo-Fr 8-17", "week 1-10 Mo 08:00-12:00", "Mo-Fr 08:00+", "by appointment", "Mo 25:00-26:00"):
        assert hours.osm(odd) is None, odd
    for always in ("24 HORAS", "LAS 24 HORAS", "24 HRS.", "24HRAS", "00:00 A 24:00", "LUN-DOM: 24 HORAS"):
        assert hours.says_always(always), always
    for not_all in ("Emergencias 24 hras", "24 HORAS (SERVICIOS", "8:00 - 20:00", "7:00 - 7:00"):
        assert not hours.says_always(not_all), not_all


def test_an_unclosed_quote_costs_one_row(tmp_path: Path) -> None:
    """Mutation: giving the whole file to ``csv.reader``, which swallows the rest of it."""
    path = tmp_path / "quotes.csv"
    path.write_text('a,b\n1,"two\nlines"\n2,"never closed\n' + "3,x\n" * 60 + '4,"said ""so"""\n', encoding="utf-8")
    rows = list(files.csv_rows(path, ["b"], delimiter=",", encoding="utf-8"))
    broken = [row for row in rows if isinstance(row, Broken)]
    assert [row.row for row in broken] == [4]
    good = [row[1]["b"] for row in rows if not isinstance(row, Broken)]
    assert good == ["two\nlines", *["x"] * 60, 'said "so"']


def test_json_is_streamed_and_says_where_it_breaks(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    items = [{"id": i, "text": "ñ" * 50} for i in range(20_000)]
    path.write_text(json.dumps({"version": 1.5, "note": {"a": [1]}, "elements": items}, ensure_ascii=False), encoding="utf-8")
    assert [item["id"] for _, item in files.json_items(path, "elements")] == list(range(20_000))
    path.write_text('{"elements": [{"id": 1}, {"id": 2}', encoding="utf-8")
    seen = []
    with pytest.raises(FileError, match="after element 2"):
        for _, item in files.json_items(path, "elements"):
            seen.append(item["id"])
    assert seen == [1, 2]
    path.write_text('{"other": []}', encoding="utf-8")
    with pytest.raises(FileError, match="no list named 'elements'"):
        list(files.json_items(path, "elements"))


def test_a_map_that_is_wrong_says_so(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    for text, said in (
        ('source = "x"\nnmae = "{a}"', "nmae"),
        ('source = "x"\nid = ["a"]\nname = "{a}"', "country"),
        ('source = "x"\nid = ["a"]\nname = "{a}"\ncountry = "CO"\nkind = ["dance"]', "dance"),
        ("source = ", "bad.toml"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(MapError, match=said):
            maps.read_map(path)


def test_a_column_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    path = tmp_path / "every_reason.csv"
    path.write_text("id,name\n1,x\n", encoding="utf-8")
    spec = maps.read_map(SMALL / "every_reason.toml")
    with pytest.raises(FileError, match="'organisation'"):
        list(candidates(path, spec, Report("x"), format="csv", today=TODAY))


def test_only_named_columns_leave_the_file() -> None:
    """The allow-list. Mutation: yielding the whole record."""
    spec = maps.read_map(SMALL / "every_reason.toml")
    wanted = maps.columns(spec)
    assert "director" not in wanted
    for row in files.csv_rows(SMALL / "every_reason.csv", wanted, delimiter=",", encoding="utf-8"):
        assert isinstance(row, Broken) or set(row[1]) == set(wanted)

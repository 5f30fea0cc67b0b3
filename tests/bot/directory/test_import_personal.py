"""What must not come in with a register: people, their numbers and boxes, and where a discreet place lies."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import db
from bot.directory.importing import Report, candidates, import_file, maps, personal
from bot.directory.importing.candidate import Candidate, Draft, Held, Note, Reason
from bot.directory.importing.loading import ENTRY, LOCATION, SERVICE
from bot.directory.importing.quarantine import inspect

TODAY = date(2026, 11, 21)


def judge(**said: Any) -> Candidate | Held:
    """One ordinary clinic in Bogotá, but for what is said."""
    plain: dict[str, Any] = {
        "row": 1, "source_id": "1", "country": "CO", "name": "Centro Comunitario", "kinds": ("health",), "lat": "4.65",
        "lon": "-74.08", "address": "Calle 1 # 2-3", "municipality": "Bogotá",
    }  # fmt: skip
    return inspect(Draft(**plain | said), Counter(), today=TODAY)


def taken(**said: Any) -> Candidate:
    one = judge(**said)
    assert isinstance(one, Candidate), one
    return one


# --- places that must stay discreet ----------------------------------------------------------------------------------


@pytest.mark.requirement("S-2")
@pytest.mark.parametrize(
    "said",
    [
        {"name": "Refugio Santa Ana"},
        {"name": "Casa Hogar Nueva Vida"},
        {"name": "Alojamiento temporal El Camino"},
        {"name": "La 72", "kinds": ("safety",)},
        {"name": "Jesús el Buen Pastor", "kinds": ("alternative-care",)},
        {"name": "Centro Luna", "organisation": "Red de Casas de Acogida"},
        {"name": "Centro Luna", "short_names": ("Hogar Luna",)},
        {"name": "Centro Luna", "labels": ("Shelter for women",)},
        {"name": "Centro Luna", "texts": {"es": "Ofrecemos alojamiento y comida."}},
        {"name": "Centro Luna", "texts": {"en": "A place where women can sleep."}},
        {"name": "Centro Luna", "judged": ("Solo para víctimas de trata",)},
        {"name": "Centro Luna", "address": "Confidential"},
        {"name": "Centro Luna", "address": "Endereço sigiloso"},
        {"name": "Centro Luna", "municipality": "Dirección reservada"},
        {"name": "Centro Luna", "texts": {"es": "La dirección es confidencial."}},
        {"name": "Centro Luna", "specialised": True, "people": {"lgbtiq": True}},
    ],
    ids=str,
)
def test_what_may_be_a_shelter_comes_in_without_a_place(said: dict[str, Any]) -> None:
    """Mutation: leaving out any one source of the judgement in ``quarantine._sensitive``."""
    one = taken(**said)
    assert one.sensitive and one.lat is one.lon is None and one.address == ""


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Hospital del Hogar"},
        {"name": "Comisaría de Familia", "kinds": ("safety",)},
        {"name": "Unidad de Policía", "kinds": ("safety",)},
        {"name": "Defensoría de la Niñez", "kinds": ("alternative-care",)},
        {"name": "Punto Violeta", "kinds": ("safety",), "organisation": "Alcaldía de Bogotá"},
        {"name": "Línea Violeta", "kinds": ("safety",), "remote": True, "lat": "", "lon": "", "address": ""},
        {"name": "Centro Luna", "texts": {"es": "Atención gratuita y confidencial para cada hogar."}},
        {"name": "Centro Luna", "people": {"lgbtiq": True}},
    ],
    ids=str,
)
def test_what_everybody_knows_is_not_taken_for_one(said: dict[str, Any]) -> None:
    """Mutation: calling every service of safety discreet; reading "confidencial" in prose as an address kept secret."""
    assert not taken(**said).sensitive


@pytest.mark.requirement("S-2")
def test_no_other_cell_of_a_discreet_place_says_where_it_is() -> None:
    """Mutation: wiping the address and the point only."""
    one = taken(
        name="Casa Refugio Luna",
        municipality="Barrio Escondido",
        texts={"es": "Cama y comida, frente al parque Escondido.", "en": "A bed and a meal."},
        url="https://www.google.com/maps/place/Escondido",
    )
    assert one.sensitive and "Escondido" not in str(one) and one.texts == {"en": "A bed and a meal."}


@pytest.mark.requirement("S-2")
async def test_the_code_of_a_discreet_row_does_not_keep_its_street(engine: AsyncEngine, tmp_path: Path) -> None:
    """A map without an identifier makes one of name, town and street. Mutation: storing ``source_id``; printing it."""
    (tmp_path / "register.toml").write_text(
        'source = "streets"\ncountry = "CO"\nid = ["name", "street"]\nname = "{name}"\naddress = "{street}"\n'
        'municipality = "{town}"\nkind = ["safety"]\n'
    )
    file = tmp_path / "register.csv"
    file.write_text("name,street,town\nCasa Luna,Escondida-9,Bogotá\nDra. Secreta,Escondida-8,Bogotá\nComisaría,Abierta-1,Bogotá\n")
    report = await import_file(engine, file, tmp_path / "register.toml", today=TODAY)
    assert report.taken == 2 and report.sensitive == 1 and report.held == {Reason.PERSON: 1}
    async with engine.connect() as connection:
        for table in (ENTRY, SERVICE, LOCATION):
            stored = (await connection.execute(select(table))).mappings().all()
            assert stored and "Escondida" not in str(stored)
        # An ordinary place may close its address later; its code would keep it.
        assert {row["source_row"] for row in (await connection.execute(select(ENTRY))).mappings()} == {"row 2", "row 4"}
    assert "Escondida" not in report.text() and "rows 3" in report.text()


@pytest.mark.requirement("S-2")
async def test_what_turns_out_a_shelter_loses_its_approval_though_nothing_else_changed(engine: AsyncEngine, tmp_path: Path) -> None:
    """A later version knows more words. Mutation: comparing the columns and not ``sensitive``."""
    (tmp_path / "register.toml").write_text(
        'source = "words"\ncountry = "CO"\nid = ["id"]\nname = "{name}"\nlabels = ["{label}"]\nmunicipality = "{town}"\n'
        'kind = ["health"]\n'
    )
    file = tmp_path / "register.csv"
    file.write_text("id,name,label,town\n1,Centro Luna,clinic,Bogotá\n")
    await import_file(engine, file, tmp_path / "register.toml", today=TODAY)
    async with engine.begin() as connection:
        await connection.execute(update(ENTRY).values(audience="public", approved_by="steward", approved_on=db.now()))
    file.write_text("id,name,label,town\n1,Centro Luna,shelter,Bogotá\n")
    report = await import_file(engine, file, tmp_path / "register.toml", today=TODAY)
    assert report.unapproved == 1
    async with engine.connect() as connection:
        row = (await connection.execute(select(ENTRY))).one()
    assert row.sensitive and row.discreet and row.approved_by is None


# --- people ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P-2")
def test_every_cell_that_is_shown_is_screened_for_people() -> None:
    """Mutation: screening the texts only."""
    one = taken(
        address="Calle 1, preguntar por María González 300 123 4567",
        cost="Llamar a Juana Pérez 3101234567",
        municipality="Bogotá, cel 300 123 4567",
        email="maria.gonzalez@ongpaz.org",
        url="https://wa.me/573001234567",
        organisation="Dra. María González",
        short_names=("Lic. María González",),
        texts={"es": "Atiende Juana Pérez.", "en": "Ask for Mary.", "pt": "Ligue 61 99876-5432."},
        phones=(("María González 300 123 4567", "", False, False), ("cel. personal 301 123 4567", "", False, False)),
    )
    assert (one.address, one.cost, one.municipality, one.email, one.url, one.phones, one.texts) == ("", "", "", "", "", (), {})
    assert one.organisation == one.short_name == "Centro Comunitario"
    for private in ("Mar", "Juana", "González", "300", "301", "310", "Mary"):
        assert private not in str(one)


@pytest.mark.parametrize(
    "name",
    ["María González", "Juan Almazán", "Rosa Pérez", "Consultorio psicológico Dra. María González", "Centro Paz 300 123 4567",
     "Centro Paz, paz@ong.example", "Bufete Lic. Juan Soto"],
)  # fmt: skip
def test_a_person_is_no_service(name: str) -> None:
    """Mutation: looking for titles only; letting the word "consultorio" excuse every title."""
    assert isinstance(one := judge(name=name), Held) and one.reason is Reason.PERSON


@pytest.mark.parametrize(
    "name", ["Fundación Juan Pérez", "Hospital Dr. Sótero del Río", "Santa María", "Clínica María Auxiliadora", "Puente de Vida"]
)
def test_places_named_after_people_are_services(name: str) -> None:
    assert taken(name=name).name == name


@pytest.mark.parametrize(
    ("line", "country"),
    [
        ("Calle 5 con Av. Dr. Silva 12-34", "CO"), ("Carrera 101 # 102-103", "CO"), ("Av. Juan Pérez 1552-1556", "PE"),
        ("Calle Teatinos, Local 335 - 339 333", "CL"), ("1 Main Street, El Paso, TX 79901-1234", "US"),
        ("Rua Maria da Silva, 12, 69000-000", "BR"), ("Rua Doutor João Alves 69000000", "BR"), ("Km 12, vía a Paz", "VE"),
    ],
)  # fmt: skip
def test_streets_named_after_people_stay(line: str, country: str) -> None:
    """Mutation: taking every title or long figure in an address for a person."""
    assert not personal.reaches_somebody(line, country)


@pytest.mark.parametrize(
    ("line", "country"),
    [
        ("Calle 1, 300 123 4567", "CO"), ("Calle 1 (0414-1234567)", "VE"), ("Calle 1, tel. 353 70 00", "CO"),
        ("Calle 1, contacto: María", "CO"), ("Calle 1, casa de la Sra. Rosa", "CO"), ("Rua 1, a/c Maria", "BR"),
        ("Calle 1, +58 414 1234567", "CO"), ("Barrio Sur, 2222-3333", "CR"), ("Jr. Sol, 987 654 321", "PE"),
        ("Calle 1, maria arroba ong.org", "CO"), ("Calle 1 @mariag", "CO"), ("Rua 1, falar com Maria", "BR"),
    ],
)  # fmt: skip
def test_whom_to_ask_is_found_in_an_address(line: str, country: str) -> None:
    assert personal.reaches_somebody(line, country)


@pytest.mark.parametrize(
    ("email", "office"),
    [
        ("info@puente.example", True), ("contacto.bogota@puente.example", True), ("puente@puente.example", True),
        ("atencion-mujer@salud.gob.example", True), ("maria.gonzalez@puente.example", False), ("mgonzalez@puente.example", False),
        ("info@gmail.com", False), ("info.maria@puente.example", False), ("mg@puente.example", False), ("no box", False),
        ("directora@puente.example", False),
    ],
)  # fmt: skip
def test_only_the_box_of_an_office_is_taken(email: str, office: bool) -> None:
    """Mutation: a list of personal boxes in place of the list of offices."""
    assert personal.role_box(email, "Centro Comunitario", "Bogotá") is office


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://puente.example/servicios?id=12", True), ("http://www.baptist-health.example/maps-directions", True),
        ("https://facebook.com/redpuente", True), ("https://wa.me/573001234567", False), ("https://t.me/mariag", False),
        ("https://api.whatsapp.com/send?phone=573001234567", False), ("https://m.me/maria", False), ("https://bit.ly/x", False),
        ("https://www.facebook.com/profile.php?id=1", False), ("https://linkedin.com/in/maria", False),
        ("https://maps.app.goo.gl/x", False), ("https://www.google.com/maps/place/x", False), ("javascript:alert(1)", False),
        ("https://maria@puente.example/", False), ("https://puente.example/?phone=573001234567", False),
    ],
)  # fmt: skip
def test_links_that_lead_to_a_person_or_a_point_are_left(url: str, kept: bool) -> None:
    """Mutation: taking whatever begins with https."""
    assert (taken(url=url).url == url) is kept


# --- the formats -----------------------------------------------------------------------------------------------------


def hsds(tmp_path: Path, **said: Any) -> tuple[Candidate, Report]:
    service = {
        "id": "s1", "name": "Orientación", "status": "active",
        "organization": {"id": "o1", "name": "Red Puente"},
        "attributes": [{"taxonomy_term": {"code": "health", "taxonomy": "rssn-essential-package", "name": "Health"}}],
        "service_at_locations": [{"id": "l1", "location": {
            "id": "p1", "latitude": 4.65, "longitude": -74.08, "location_type": "physical",
            "addresses": [{"address_1": "Calle 1", "city": "Bogotá", "country": "CO", "address_type": "physical"}],
        }}],
    }  # fmt: skip
    location: dict[str, Any] = service["service_at_locations"][0]["location"]  # type: ignore[index]
    location |= said.pop("location", {})
    path = tmp_path / "services.json"
    path.write_text(json.dumps([service | said]), encoding="utf-8")
    report = Report("x")
    (one,) = candidates(path, None, report, format="hsds", today=TODAY)
    assert isinstance(one, Candidate), one
    return one, report


@pytest.mark.requirement("S-2")
@pytest.mark.parametrize(
    "said",
    [
        {"location": {"name": "Casa Refugio Luna"}},
        {"location": {"description": "Albergue para mujeres"}},
        {"location": {"addresses": [{"address_1": "Confidential", "city": "Bogotá", "country": "CO"}]}},
        {"organization": {"id": "o", "name": "Red", "alternate_name": "Hogar Luna"}},
        {"organization": {"id": "o", "name": "Red", "description": "We run a shelter."}},
        {"program": {"id": "p", "name": "Safe house", "description": ""}},
        {"eligibility_description": "Survivors only"},
        {"application_process": "The address is confidential; call first."},
        {"alternate_name": "Hogar Luna"},
    ],
    ids=str,
)
def test_hsds_prose_that_is_not_taken_is_judged_all_the_same(tmp_path: Path, said: dict[str, Any]) -> None:
    """Mutation: judging the names and the description of the service only."""
    one, _ = hsds(tmp_path, **said)
    assert one.sensitive and one.address == "" and one.lat is None


@pytest.mark.requirement("P-2")
def test_hsds_numbers_of_contacts_are_not_read(tmp_path: Path) -> None:
    """Mutation: reading every phone of a service; showing where the post goes."""
    phones = [
        {"number": "601 353 7000", "type": "voice", "description": "Central"},
        {"number": "300 123 4567", "contact_id": "c1"},
        {"number": "301 123 4567", "description": "Celular de María González"},
        {"number": "302 123 4567", "description": "Personal, do not publish"},
    ]
    contacts = [{"id": "c1", "name": "María González", "phones": [{"number": "303 123 4567"}]}]
    post = [{"address_1": "Apartado 9, María González", "city": "Cali", "country": "CO", "address_type": "postal"}]
    one, report = hsds(tmp_path, phones=phones, contacts=contacts, location={"addresses": post})
    assert [phone.number for phone in one.phones] == ["+576013537000"] and report.notes[Note.PERSONAL_PHONE] == 3
    assert one.country == "CO" and one.address == one.municipality == "" and "Mar" not in str(one)


@pytest.mark.requirement("P-2")
def test_tabular_hsds_knows_whose_phone_it_is(tmp_path: Path) -> None:
    """Mutation: dropping ``contact_id`` when tables are joined."""
    tables: dict[str, list[dict[str, str]]] = {
        "services": [{"id": "s1", "name": "Orientación", "status": "active", "program_id": "g1"}],
        "programs": [{"id": "g1", "name": "Casa Refugio"}],
        "phones": [{"id": "1", "service_id": "s1", "number": "300 123 4567", "contact_id": "c1"},
                   {"id": "2", "service_id": "s1", "number": "601 353 7000", "contact_id": ""}],
        "contacts": [{"id": "c1", "name": "María González"}],
    }  # fmt: skip
    for name, rows in tables.items():
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    spec = maps.Map(source="x", format="hsds", country="CO", kind=["health"])
    (one,) = candidates(tmp_path, spec, Report("x"), format="hsds", today=TODAY)
    assert isinstance(one, Candidate) and one.sensitive
    assert [phone.number for phone in one.phones] == ["+576013537000"]


@pytest.mark.requirement("S-2")
@pytest.mark.parametrize(
    "tags",
    [{"social_facility": "shelter"}, {"social_facility": "group_home"}, {"social_facility:for": "victim;homeless"},
     {"alt_name": "Casa Refugio Luna"}, {"description": "Albergue para mujeres"}],
    ids=str,
)  # fmt: skip
def test_tags_of_a_map_say_what_a_place_is(tmp_path: Path, tags: dict[str, str]) -> None:
    """A map of columns that names none of them. Mutation: leaving these tags to whoever writes the map."""
    path = tmp_path / "places.json"
    element = {"type": "node", "id": 1, "lat": 4.65, "lon": -74.08, "tags": {"name": "Luna", "amenity": "social_facility", **tags}}
    path.write_text(json.dumps({"elements": [element]}), encoding="utf-8")
    spec = maps.Map(source="x", format="osm", country="CO", id=["@id"], name="{name}", lat="@lat", lon="@lon", kind=["health"])
    (one,) = candidates(path, spec, Report("x"), format="osm", today=TODAY)
    assert isinstance(one, Candidate) and one.sensitive and one.lat is None
    assert tags.get("description", "?") not in str(one), "judged, not taken"

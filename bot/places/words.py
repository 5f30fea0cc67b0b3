"""The small words around the name of a place, and what they tell about it.

Here belong lists of folded words in three languages, and which of them stand before a name. Never here: names of places
(``data/``), the words of being somewhere and going elsewhere (``bot.places.sentences``).
"""

from __future__ import annotations

IN = "in"  # after "en", "in", "em", "cerca de": says where somebody is
TO = "to"  # after "a", "para", "por": may say where
FROM = "from"  # after "de", "from": may say where somebody comes from
BARE = ""


def listed(*lines: str) -> frozenset[str]:
    """The words of some lines."""
    return frozenset(word for line in lines for word in line.split())


BEFORE: dict[str, str] = {
    **dict.fromkeys(("en", "in", "em", "near", "hacia", "at", "around", "ate", "hasta", "perto", "cerca", "desde"), IN),
    **dict.fromkeys(("a", "al", "para", "por", "to", "pra", "pro", "no", "na", "via", "towards", "rumbo", "into"), TO),
    **dict.fromkeys(("de", "from", "do", "da", "of", "del"), FROM),
}
#: Between a word of ``BEFORE`` and the name: "cerca de", "en la ciudad de", "in the town of", "perto da".
BETWEEN = listed(
    "de del da do dos das of the la el los las o a ciudad cidade city town pueblo municipio municipality frontera border",
    "fronteira centro puente bridge terminal aeropuerto zona barrio bairro colonia parque region estado state",
    "hospital iglesia catedral plaza mercado estacion rodoviaria albergue refugio",
    "departamento provincia",
)
NEGATIONS = listed("no not nao ya never nunca sin isnt wasnt arent dont")

#: What people put before the name when they answer "where are you?".
LEAD = listed(
    "estoy en soy vivo ando voy me encuentro encontro ahora aqui aca ahorita i am im m we are is at in near from to the",
    "here currently now estou em no na moro fico hoje estamos somos nos y ya casi llegando cerca de del por para pra a al",
    "desde hacia perto da do mi ciudad es my city hola hello oi hi ola bueno pues",
)

#: What parts of cities and villages are called.
QUARTERS = listed(
    "barrio bairro col colonia urb urbanizacion sector comuna residencial barriada invasion asentamiento "
    "vereda reparto ensanche localidad",
    "alcaldia delegacion parroquia distrito conjunto jardim vila parque lotificacion comunidad comunidade "
    "favela villa barrios neighborhood",
)
ARTICLES = listed("la los las un una unos unas o os as um uma num numa the an")

#: With these begins something else than the name.
STOPS = listed(
    "pero mas but desde vengo venimos vine sali salimos soy somos voy vamos quiero quero necesito busco preciso from going coming",
    "porque con with com cerca perto near need looking yo mi my meu minha tengo tenho hace since ahora "
    "agora now ayer ontem yesterday",
    "hoy hoje today y e and esperando waiting rumbo hacia buscando procurando trabajando hasta gracias obrigado obrigada thanks",
    "estoy estou estamos im am donde onde where que who which sin sem without",
)

#: Articles that rarely stand before the name of a town.
VAGUE = listed("the un una um uma an a no na num numa")

#: Abbreviations that are no words: a name with one is its name written out as well.
WRITTEN_SHORT = listed("sta sto snta snto sn pto pta gral nva nvo vlla")
CITY_SHORT = listed("cd cdad")

#: Everyday words that names are made of.
IN_NAMES = listed(
    "ciudad cidade city puerto porto rio rios campo campos isla ilha monte nueva nuevo nova novo new "
    "norte sul sur sud este oeste real",
    "grande bom boa bon buena bueno bella belo alto alta centro paso cruz san santa sao villa vila el la "
    "de del do da dos los las north south",
    "east west mar lago park beach point hill valle segundo primero dia piedra paz jose luz sol mayo agua "
    "aguas dulce caliente santo caballeros",
)
SMALL = listed("el la los las un una de del o a os as um uma the an mi my en in em")

_JOINTS = listed("de en in em da do of frontera border fronteira lado side edo estado state depto departamento del")

#: What lies in a town and is named after it: "the bus station of Quito".
_SPOTS = listed(
    "terminal puente bridge aeropuerto centro plaza parque estacion rodoviaria frontera hospital iglesia catedral mercado"
)

_NEAR: dict[str, str] = dict.fromkeys(("ciudad", "cidade", "city", "town", "pueblo", "municipio", "frontera", "border"), IN)


def trimmed(words: list[str], *, front: bool = False) -> list[str]:
    """Without "de", "en", "in" ... at the end (or at the front)."""
    if front:
        return words[next((i for i, w in enumerate(words) if w not in _JOINTS), len(words)) :]
    while words and words[-1] in _JOINTS:
        words = words[:-1]
    return words


def context(words: list[str], start: int) -> tuple[str, bool]:
    """What stands before a name: the kind of preposition, and whether a negation goes before that."""
    at = start - 1
    while at >= 0 and words[at] in BETWEEN and start - at <= 4:
        if words[at] in ("de", "da", "do", "del", "of", "a") and (
            at == 0 or (words[at - 1] not in BEFORE and words[at - 1] not in _NEAR and words[at - 1] not in _SPOTS)
        ):
            break
        at -= 1
    if at < 0:
        return BARE, False
    before = BEFORE.get(words[at], BARE)
    earlier = words[max(0, at - 3) : at]
    negated = bool(before) and any(w in ("no", "not", "nao", "isnt", "arent", "never", "nunca", "dont") for w in earlier)
    return before, negated

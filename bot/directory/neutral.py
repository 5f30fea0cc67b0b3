"""Which words are quiet enough for a shared screen, and which say that a place must stay discreet.

Here belong the word lists of requirement E-7 and of the importer's quarantine, the folding under which they are compared,
and the making of short names. Pure. Never here: sentences for people, or a decision to publish something.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot import gsm7

#: Length of a short name, in GSM-7 characters (E-7).
SHORT = 32


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Lower case, without accents, every mark a space; "Ação (U.B.S.)" -> "acao u b s". For comparing only."""
    if text.isascii():
        plain = text.lower()
    else:
        plain = unicodedata.normalize("NFKD", text.lower())
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(_MARKS.sub(" ", plain).split())


_MARKS = re.compile(r"[\W_]+")


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + r")\b")


#: Folded whole words, Spanish, English and Portuguese at once (and the French of Haiti): whoever calls itself so may be a
#: place that must not be found by those whom people flee from. Recall before precision: a false alarm costs a person one look.
_SHELTER = _words(
    r"abrigos?", r"abrigamento", r"albergues?", r"alberguerias?", r"acolhimento", r"acolhidas?", r"acolhe", r"acogidas?",
    r"acogimiento", r"casas? (?:de )?refugio", r"refugios? (?:para|de|temporal(?:es)?)", r"refugios", r"refuges",
    r"casas? (?:de )?abrigo", r"casas? (?:de )?passagem", r"casas? (?:de )?paso", r"hogar(?:es)? (?:de )?paso",
    r"hogar(?:es)? (?:de |temporal|sustituto)", r"casas? (?:de )?(?:acogida|transito)", r"casas? hogar(?:es)?",
    r"casas? lar(?:es)?",
    r"casas? (?:de|del|de la|de las|da|das|do|dos|para) (?:el |la |las |los )?(?:migrantes?|mujer(?:es)?|mulher(?:es)?|mocas|"
    r"meninas|"
    r"nin[oa]s?|criancas?|proteccion|protecao|refugiad[oa]s?|peregrin[oa]s?|caminantes?)(?! brasileira)",
    r"casas? seguras?", r"casas? de apoio", r"casas? protegidas?", r"lar(?:es)? (?:de )?(?:acolhida|abrigo|transitorio|temporario)",
    r"residencias? (?:de |para |da |do )?(?:la |las )?(?:proteccion|protecao|protegidas?|familiar|inclusiv[oa]s?|mujer(?:es)?|"
    r"mulher(?:es)?|"
    r"nin[oa]s|juveni[ls]|acogida|transitoria)", r"alojamientos?", r"alojamentos?", r"hospedajes?", r"hospedagem",
    r"pernoctas?", r"pernoite",
    r"centros? (?:de )?(?:transito|transitori[oa]s?|estadia|estancia|permanencia)", r"estancias? temporal(?:es)?",
    r"republicas? (?:de |para )?(?:jovens|juvenis|juvenil|feminina|masculina|mulheres)",
    r"moradia (?:assistida|provisoria|temporaria)",
    r"safe ?(?:house|houses|space|spaces|home|homes|haven)", r"(?:women|woman|girls) safe spaces?", r"shelters?", r"sheltered",
    r"transitional (?:house|housing|home|living)", r"half ?way houses?", r"women s (?:refuge|home|house)", r"group homes?",
    r"(?:emergency|temporary|supportive) (?:housing|lodging|accommodation)", r"homeless", r"orfanatos?", r"orphanages?",
    r"(?:children s|foster) homes?", r"aldeas? infantil(?:es)?", r"aldeias? infantis?", r"hebergement", r"foyers?",
    r"(?:centre|maison) d accueil", r"refij",
    r"domestic violence", r"domestic abuse", r"violencia (?:domestica|intrafamiliar|familiar|de genero|sexual|machista)",
    r"violencia (?:contra|hacia) (?:la |las |a |as )?(?:mujer|mujeres|mulher|mulheres)", r"vbg", r"gbv", r"sgbv",
    r"battered", r"abused",
    r"maltratad[oa]s?", r"victimas?", r"vitimas?", r"victims?", r"survivors?", r"sobrevivientes?", r"trafficking",
    r"trata de personas",
    r"trafico de pessoas",
    r"lgb\w*", r"lgt\w*", r"gays?", r"lesbian\w*", r"lesbicas?", r"bissexua\w*", r"bisexual\w*", r"queer", r"trans",
    r"transexua\w*", r"transgen\w*", r"travestis?", r"diversidades?", r"diversidad (?:sexual|de genero)", r"orgullo", r"pride",
    r"sex ?workers?", r"trabajo sexual", r"trabajadoras sexuales",
)  # fmt: skip

#: Words that shelters share with saints, quarters and families: they count in a name unless a word of medicine stands there
#: too ("Hospital El Refugio", "UBS Lar Paraná" are where everybody knows them).
_PERHAPS = _words(
    r"refugios?", r"refuge", r"hogar(?:es)?", r"lar(?:es)?", r"posadas?", r"pousadas?", r"dormitorios?", r"dormitory",
    r"residencias?",
    r"internatos?", r"hostels?", r"lodging", r"lodge",
)  # fmt: skip
_MEDICAL = _words(
    r"hospital\w*", r"hosp", r"medical", r"ubs\w*", r"usf\w*", r"psf", r"esf", r"ubsf", r"pacs", r"eacs", r"uaps", r"uabsf",
    r"posto",
    r"posta", r"ps", r"cs", r"csf", r"cms", r"us", r"ums", r"cesfam", r"cecosf", r"cosam", r"sapu", r"sar", r"consultorio",
    r"ambulatorio",
    r"(?:centro|unidade?|casa|estrategia|programa|centro comunitario) (?:\w+ )?(?:de )?(?:la )?(?:salud|saude)",
    r"health (?:center|centre|unit|post)",
    r"policlinic[oa]", r"maternidade?", r"sanatorio", r"rehabilitation", r"dialisis", r"laboratorio",
)  # fmt: skip
#: "Casa Luna", "Casa Emaús": a house with a name of its own, but for the houses that every town has.
_HOUSE = re.compile(
    r"^(?:la |a |las |el )?casas? (?!(?:de |da |do |del )?(?:la |el |a )?(?:salud|saude|justicia|justica|cultura|gobierno|"
    r"governo|comunal|"
    r"matriz|central|civil|cural|consistorial|municipal|comunitaria|mulher brasileira|cidadania|ciudadania)\b)"
)
#: What is written in place of an address that nobody may know.
_KEPT_SECRET = _words(
    r"confidencial(?:es)?", r"confidential", r"undisclosed", r"unlisted", r"withheld", r"sigilos[oa]s?", r"sigilo",
    r"secret[oa]s?", r"secret",
    r"reservad[oa]s?", r"protegid[oa]s?", r"not (?:disclosed|public|published)",
    r"no (?:publica|publicar|divulgar|se publica|se divulga)",
    r"nao (?:divulgar|divulgado|publicar|informado por seguranca)", r"do not (?:publish|share|disclose)",
)  # fmt: skip
_SECRET_PLACE = re.compile(
    r"\b(?:direccion|domicilio|ubicacion|lugar|endereco|localizacao|local|address|location|place|site)\b(?: \w+){0,3} "
    r"(?:confidencial|confidential|reservad[oa]|sigilos[oa]|secret[oa]?|protegid[oa]|undisclosed|not disclosed|nao divulgad[oa])\b|"
    r"\b(?:confidential|undisclosed|secret|hidden) (?:address|location|place|site)\b|\bsafe location\b"
)
_NIGHT = re.compile(
    r"\b(?:pasar la noche|passar a noite|spend the night|stay (?:the|over) ?night|overnight|pernoctar|pernoitar|hospedar\w*|"
    r"alojar\w*|"
    r"(?:donde|onde|lugar|where|place)(?: \w+){0,3} (?:dormir|sleep|vivir|morar|live))\b"
)


@lru_cache(maxsize=65536)
def shelter_like(name: str) -> str:
    """The first word in a name or label that marks a place to be kept discreet, folded; "" if there is none."""
    folded = fold(name)
    found = _SHELTER.search(folded)
    if found is None and not _MEDICAL.search(folded):
        found = _PERHAPS.search(folded) or _HOUSE.search(folded)
    return found.group().strip() if found else ""


def offers_shelter(text: str) -> str:
    """The same for prose, where "hogar" is anybody's home: a word of shelter, a night's sleep, an address that is kept secret."""
    folded = fold(text)
    found = _SHELTER.search(folded) or _NIGHT.search(folded) or _SECRET_PLACE.search(folded)
    return found.group() if found else ""


def kept_secret(cell: str) -> str:
    """What in the cell of an address, a town or a location's name says that it must not be known; "" if nothing does."""
    found = _KEPT_SECRET.search(fold(cell))
    return found.group() if found else ""


#: Bodies of the state, whose addresses are public by law. Only this lets a service of safety or of care for children pass as
#: an ordinary place; whoever calls itself a shelter stays discreet all the same.
_PUBLIC_BODY = _words(
    r"municipal\w*", r"municipio", r"prefeitura", r"alcaldia", r"ayuntamiento", r"gobierno", r"governo", r"government",
    r"gobernacion",
    r"ministerio", r"ministry", r"department of", r"secretaria (?:de|da|do|municipal|estadual|distrital|nacional)",
    r"estadual", r"federal",
    r"fiscalia\w*", r"defensoria\w*", r"procuraduria", r"procuradoria", r"personeria", r"promotoria\w*", r"juzgado",
    r"juizado\w*", r"tribunal",
    r"vara", r"court", r"comisarias?", r"delegacias?", r"conselho", r"consulado", r"embajada", r"cras", r"creas", r"cram", r"ceam",
    r"centros? (?:de |especializado de )?(?:referencia|atendimento) (?:especializado )?(?:de |da |do |a |para |"
    r"em )?(?:atendimento |assistencia |"
    r"atencao )?(?:social|a mulher|da mulher|mulher|mulheres)", r"casas? da mulher brasileira",
    r"centros? (?:de )?emergencia mujer", r"sernameg",
    r"icbf", r"inamu", r"dif", r"hospital\w*", r"fire station", r"sheriff",
)  # fmt: skip


def public_body(text: str) -> bool:
    """Whether a name or label is that of a body of the state."""
    return _PUBLIC_BODY.search(fold(text)) is not None


_WHERE = re.compile(
    r"\b(?:calle|cll?|carrera|cra|kra|avenida|avda?|jiron|jr|pasaje|psje|pje|rua|travessa|alameda|rodovia|street|st|road|rd|"
    r"avenue|ave|"
    r"boulevard|blvd|drive|lane|barrio|bairro|colonia|vereda|urbanizacion|urb|esquina|esq|manzana|mz|lote|piso|edificio|andar|"
    r"km|kilometro|"
    r"frente a|frente al|al lado de\w*|cerca de\w*|cuadras?|detras de\w*|diagonal|next to|near|behind|across from|ao lado|"
    r"perto d\w+|proximo a\w*|"
    r"atras d\w+|em frente|corner|block)\b|\d"
)


def tells_where(text: str) -> str:
    """The first word of a text by which a place could be found (a street, a landmark, a figure), folded; "" if none."""
    found = _WHERE.search(fold(text))
    return found.group() if found else ""


#: E-7: no list, menu, link or preview shows these. Stems, compared with the beginning of folded words.
_LOUD = re.compile(
    r"\b(?:violen\w*|viola(?:cion|cao|da|do)\w*|abus\w*|agresi\w*|agresor\w*|agress\w*|agredid\w*|maltrat\w*|victim\w*|"
    r"vitim\w*|survivor\w*|"
    r"sobreviv\w*|vbg|gbv|sgbv|psea|seah|sexu\w*|rapes?|raped|estupr\w*|assault\w*|harass\w*|acoso|assedio|"
    r"femicid\w*|feminicid\w*|maria da penha|lgb\w*|lgt\w*|gays?|lesb\w*|bissexua\w*|homosex\w*|trans|transex\w*|transgen\w*|"
    r"travest\w*|queer|pride|orgullo|diversidad\w*|hiv|vih|aids|sida|seropositiv\w*|"
    r"shelter\w*|abrig\w*|albergue\w*|refugi(?:o|os)|refuges?|acolh\w*|acogid\w*|acogimiento|safe ?(?:house|space|home|haven)s?|"
    r"casas? seguras?|hogar(?:es)? de paso|casas? de (?:paso|passagem)|"
    r"traffick\w*|trata|trafico|trafico de pessoas|explota\w*|explora(?:cao|cion)\w*|exploit\w*|prostitu\w*|abort\w*)\b"
)


def loud(text: str) -> str:
    """The first word that E-7 keeps off a list or a preview, folded; "" if the text is quiet."""
    found = _LOUD.search(fold(text))
    return found.group() if found else ""


#: Bodies whose staff are police or migration control, or who share their rooms (S-6). Folded whole words.
_POLICE = _words(
    r"policias?", r"policial", r"policiais", r"police", r"delegacias?", r"comisarias?", r"comissarias?", r"carabineros",
    r"gendarmeria", r"guardia nacional", r"sheriff", r"brigada militar", r"pdi", r"seguranca publica", r"seguridad publica",
    r"fiscalia", r"ministerio publico",
)  # fmt: skip
_MIGRATION = _words(
    r"migracion", r"migraciones", r"migracao", r"migratorio", r"migratoria", r"immigration", r"extranjeria",
    r"customs and border", r"border patrol", r"homeland security", r"inami", r"policia federal",
)  # fmt: skip


@lru_cache(maxsize=65536)
def authority_of(text: str) -> str:
    """Who runs a body of this name: "police", "migration", or "" where no word says so."""
    folded = fold(text)
    if _MIGRATION.search(folded):
        return "migration"
    return "police" if _POLICE.search(folded) else ""


_TITLES = _words(
    r"dr", r"dra", r"doctor", r"doctora", r"doutor", r"doutora", r"lic", r"licda", r"licenciad[oa]", r"psic", r"psicolog[oa]",
    r"abog", r"abogad[oa]", r"advogad[oa]", r"sr", r"sra", r"srta", r"senor", r"senora", r"mr", r"mrs", r"ms", r"md", r"esq",
)  # fmt: skip
_FACILITY = _words(
    r"hosp\w*", r"h", r"clin\w*", r"cent\w*", r"cesfam", r"cecosf", r"posta?s?", r"posto", r"ps", r"ubs\w*", r"usf\w*",
    r"us", r"ubsf",
    r"psf", r"esf", r"eap", r"eacs", r"pacs", r"cs", r"csf", r"csu", r"cms", r"cse", r"css", r"csm", r"uaps", r"uabsf",
    r"uasf", r"uams",
    r"upa", r"ums\w*", r"unid\w*", r"und", r"uni", r"un", r"unit", r"usb", r"ubas", r"ubasf", r"ucs", r"ama", r"amas", r"cap\w*",
    r"consult\w*", r"ambul\w*", r"amb", r"dispens\w*", r"modulo", r"polic\w*", r"sap[us]", r"sar", r"sur", r"lab\w*", r"inst\w*",
    r"fund\w*", r"sanat\w*", r"matern\w*", r"medical", r"health\w*", r"saude", r"salud", r"familia", r"familiar", r"pa", r"nucleo",
    r"casas?", r"house", r"program\w*", r"servi\w*", r"escola", r"escuela", r"school", r"defensor\w*", r"delegac\w*",
    r"psr", r"cosam", r"centre", r"care", r"rehab\w*", r"estr\w*", r"equipe", r"ubf", r"pms", r"ppsf", r"nasf", r"cras", r"creas",
)  # fmt: skip


def names_a_person(name: str) -> bool:
    """Whether a service's name looks like that of a person in private practice: a title and no word for a facility."""
    folded = fold(name)
    return bool(_TITLES.search(folded)) and not _FACILITY.search(folded)


# --- names as they are shown -----------------------------------------------------------------------------------------


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SMALL = _set("de da do das dos del la las los el y e en em a as os of the and for at para com con por al ao")
_ACRONYMS = _set(
    "ubs usf psf esf ubsf eacs pacs ucs csf cms uaps upa ama caps cras creas deam ddm cesfam cecosf cosam sapu sar sur psr "
    "eap nasf ii iii iv vi vii viii ix xi xii xiii xiv xv ips ivss minsa disa bh df rj sp mg us ps cs ums csu cse uabsf ubas "
    "va uc ucla unc usmd lds nyu"
)
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)


@lru_cache(maxsize=4096)
def tidy(name: str) -> str:
    """A name from a register as a reader expects it: "UBS_ALTO_DOS_INDIOS" -> "UBS Alto dos Indios". Mixed case is kept."""
    text = " ".join(name.replace("_", " ").split())
    if not text.isupper():
        return text
    out = []
    words = text.split(" ")
    for i, word in enumerate(words):
        lower = word.lower()
        bare = lower.strip(".,()\"'-/")
        zip_follows = i + 1 < len(words) and len(bare) == 2 and words[i + 1][:5].isdigit()  # "AL 36685": a state
        if (
            zip_follows
            or bare in _ACRONYMS
            or (len(bare) > 1 and bare.isalpha() and not _VOWEL.search(bare) and bare not in _TITLE_SHORT)
        ):
            out.append(word)
        elif i and bare in _SMALL and words[i - 1][-1] not in ",-/(":
            out.append(lower)
        else:
            out.append(_CAPITAL.sub(lambda m: m.group().upper(), lower))
    return " ".join(out)


_TITLE_SHORT = frozenset({"dr", "sr", "st", "mr", "ms", "mt", "ft", "jr", "av"})
#: Letters that open a word: at the start, after a mark, but not after an apostrophe inside a word ("children's").
_CAPITAL = re.compile(r"(?<![\w'’])[^\W\d_]|(?<=\bo')[^\W\d_]")

#: Long common words and their everyday short forms, applied in order until the name fits. Folded, whole words.
_SHORTER: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), short)
    for pattern, short in (
        (r"\bunidade (?:b[aá]sica )?de sa[uú]de da fam[ií]lia\b", "USF"),
        (r"\bunidade b[aá]sica de sa[uú]de\b", "UBS"),
        (r"\bestrat[eé]gia (?:de )?sa[uú]de da fam[ií]lia\b", "ESF"),
        (r"\bprograma (?:de )?sa[uú]de da fam[ií]lia\b", "PSF"),
        (r"\bposto de sa[uú]de\b", "PS"),
        (r"\bposta de salud rural\b", "Posta"),
        (r"\bcentro comunitario de salud familiar\b", "CECOSF"),
        (r"\bcentro de salud familiar\b", "CESFAM"),
        (r"\bcentro comunitario de salud mental\b", "COSAM"),
        (r"\bcentro de refer[eê]ncia especializado d[ae] assist[eê]ncia social\b", "CREAS"),
        (r"\bcentro de refer[eê]ncia d[ae] assist[eê]ncia social\b", "CRAS"),
        (r"\bcentro de sa[uú]de\b", "CS"),
        (r"\bcentro de salud\b", "CS"),
        (r"\bmedical center\b", "Med Center"),
        (r"\bregional\b", "Reg"),
        (r"\bmunicipal\b", "Mun"),
        (r"\bcommunity\b", "Comm"),
        (r"\bhospital\b", "Hosp"),
        (r"\brehabilitation\b", "Rehab"),
        (r"\bespecializad[oa]\b", "Esp"),
        (r"\buniversitari[oa]\b", "Univ"),
        (r"\buniversity\b", "Univ"),
        (r"\bnuestra se[nñ]ora\b", "N Sra"),
        (r"\bnossa senhora\b", "N Sra"),
    )
)
_STEPS = ((re.compile(r"\s*[(\[{].*?[)\]}]\s*"), " "), *_SHORTER)


def short_name(*tries: str) -> str:
    """The first of the tries that can be made quiet and short: at most 32 characters that fit GSM-7 once folded, accents kept for
    channels that show them, no loud word; "" if none can.

    A name is not censored word by word: what is left of "Centro LGBT Norte" without its loud word would be a lie.
    """
    for name in tries:
        if not name or loud(name):
            continue
        made = _writable(tidy(name))
        for pattern, short in _STEPS:
            if _length(made) <= SHORT:
                break
            made = " ".join(pattern.sub(short, made).split())
        if _length(made) > SHORT:
            made = _cut(made)
        made = made.strip(" -,.;:/&'\"")
        if sum(c.isalnum() for c in made) >= 3 and not loud(made):
            return made
    return ""


def _writable(text: str) -> str:
    """The text itself where an SMS only loses accents of it, else what an SMS would show."""
    plain = text.translate(_NO_EXTENSION)
    folded = gsm7.fold(plain)
    return " ".join((gsm7.to_gsm7(plain) if gsm7.foreign(folded) or len(folded) != len(plain) else plain).split())


#: The extension table costs two septets a letter and is nowhere needed in a name.
_NO_EXTENSION = {ord(a): b for a, b in zip("{}[]\\~|^€", "()()/-/  ", strict=True)}


def _length(text: str) -> int:
    count = gsm7.septets(gsm7.fold(text))
    return SHORT + 1 if count is None else count


def _cut(text: str) -> str:
    """At a word, without a dangling "of the" at the end."""
    words = text.split(" ")
    while len(words) > 1 and (_length(" ".join(words)) > SHORT or words[-1].lower().strip("-,.") in _SMALL | {""}):
        words.pop()
    return " ".join(words)[:SHORT]

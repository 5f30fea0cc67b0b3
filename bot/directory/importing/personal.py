"""What in a cell of a register is about a person, or leads to one: names, private numbers, own mailboxes, messenger links.

Recall before precision: a false alarm costs a cell that somebody types in again, a miss puts a worker's mobile on screens
in fourteen countries. Pure. Never here: what is done about it (``quarantine``), words of shelters (``neutral``).
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

import phonenumbers
from phonenumbers import NumberParseException

from bot.directory.neutral import fold, names_a_person


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Given names, folded, that are hardly ever the name of a place by themselves ("Rosa", "Mercedes", "Santiago" are left out).
GIVEN = _set(
    "abigail adriana adriano agustin alan alba albert alberto alejandra alejandro alex alexander alexandra alexandre alfonso "
    "alfredo alice alicia aline alonso alvaro amanda amelia ana anderson andre andrea andreia andres andrew angela angelica "
    "anna anne antonia antonio ariana armando arturo beatriz benjamin bernardo blanca brenda bruna bruno bryan camila camilo "
    "carla carlos carolina caroline catalina catherine cecilia celia cesar christian christina claudia claudio clara cristian "
    "cristiane cristina cynthia dani daniel daniela danilo david dayana debora deborah denise diana diego diogo edgar edson "
    "eduarda eduardo elena elaine eliana eliane elias elisa elizabeth eloisa elsa elvira emilia emilio emily emma enrique "
    "erica erick erika ernesto esteban ester esther eugenia eva evelyn fabian fabiana fabio fabiola felipe fernanda fernando "
    "francisca francisco franklin gabriel gabriela genesis gerardo german gilberto giovanna gisela gladys gloria gonzalo "
    "graciela gregorio guilherme guillermo gustavo hannah hector helena henrique henry hernan hilda hugo humberto ignacio ines "
    "ingrid irene iris isabel isabela isabella ismael ivan ivonne jaime james janaina javier jean jefferson jennifer jeronimo "
    "jessica jimena joana joao joaquin joel john johanna jonas jonathan jorge jose josefa josefina joseph joshua juan juana "
    "julia julian juliana juliana julieta julio karen karina karla katherine kelly kevin larissa laura lauren leandro leidy "
    "leonardo leonel leticia lidia lilian liliana lina linda lisa livia lorena lorenzo luana lucas lucia luciana luciano lucy "
    "luis luisa luiz luiza luzia magdalena maicon manuel manuela marcela marcelo marcia marco marcos margarita maria mariana "
    "mariano maribel maricela mariela mario marisol marlene marta martha martin mary mateo matheus matias mauricio mayra "
    "melissa michael michel michele michelle miguel milena mirian miriam moises monica nadia nancy natalia nathalia nayeli "
    "nelly nelson nestor nicolas nicole noelia noemi nora norma olga omar orlando oscar osvaldo otavio pablo pamela paola "
    "patricia patrick paul paula paulina paulo pedro peter priscila rafael rafaela ramiro ramon raquel raul rebeca rebecca "
    "regina renata renato ricardo richard robert roberta roberto rocio rodolfo rodrigo rogelio roger rogerio romina ronald "
    "rosana rosario rosaura roxana ruben ruth sabrina samantha samuel sandra sara sarah sebastian sergio silvana silvia simone "
    "sofia sonia sophia stella stephanie steven susan susana sylvia talita tamara tania tatiana teresa thais thiago thomas "
    "tiago tomas valentina valeria vanessa vera veronica vicente victor vinicius virginia vitor viviana viviane walter wendy "
    "wilder william wilmer wilson xiomara yadira yamile yesenia yolanda yuliana yuri zoila zulma"
)
#: Surnames, folded, that are hardly ever a word or a place.
SURNAMES = _set(
    "acosta aguilar aguirre alvarado alvarez almeida alves andrade araujo ayala barbosa barrera barros batista benitez "
    "bermudez blanco caballero cabrera calderon camacho cardenas cardoso carvalho castro cavalcanti chavez "
    "contreras cordero correa cortes delgado diaz dominguez duarte echeverria escobar espinosa espinoza estrada fernandes "
    "fernandez ferreira figueroa fonseca freitas fuentes galindo gallegos garcia gimenez gomes gomez goncalves "
    "gonzales gonzalez guerrero gutierrez guzman henriquez hernandez herrera hurtado ibarra jimenez johnson jones juarez "
    "ledesma lopes lopez lozano lucero machado maldonado marques marquez martinez martins mejia melo mendes mendez "
    "mendoza meneses monteiro montero montoya morales moreira moreno moura munoz navarro nogueira "
    "nunes nunez obando ochoa olivares oliveira orellana orozco ortega ortiz pacheco padilla palacios paredes pena peralta "
    "pereira perez pineda pinto ponce portillo quintero quispe ramirez ramos reyes ribeiro riquelme rivas rivera rocha "
    "rodrigues rodriguez rojas romero rosales rubio ruiz saavedra salas salazar salinas sanches sanchez sandoval sepulveda "
    "serrano silva silveira smith soares solano solis soto souza suarez tapia teixeira torres trejo urbina valdez "
    "valenzuela vargas vasquez vazquez velasco velasquez vergara vieira villalobos williams zambrano"
)
#: What a body or a place begins with; a name that holds one is not a person's.
_BODY = re.compile(
    r"\b(?:h|hosp\w*|clin\w*|cl|cent\w*|ctro|ces|cesfam|cecosf|cosam|posta?s?|posto|puesto|ps|ubs\w*|usf\w*|psf\d*|esf\d*|eap|eacs|"
    r"pacs|us|cs\w?|cms|cse|css|uaps|ua\w+|upa|ums\w*|unid\w*|und|uni|un|unit|usb|uba\w*|ucs|ama|amas|cap\w*|consult\w*|"
    r"ambul\w*|amb|"
    r"dispens\w*|modulo|polic\w*|sap[us]|sar|sur|lab\w*|inst\w*|fund\w*|found\w*|sanat\w*|matern\w*|medical|health\w*|saude|salud|"
    r"familia\w*|pa|nucleo|casas?|house|program\w*|proye\w*|proje\w*|servi\w*|escola|escuela|school|colegio|college|univers\w*|"
    r"defens\w*|delegac\w*|comis\w*|psr|rural|care|rehab\w*|estr\w*|equipe|equipo|ubf|pms|ppsf|nasf|cras|creas|caps|"
    r"asoc\w*|assoc\w*|red|rede|network|colectiv\w*|coletiv\w*|grupo|group|ong|ngo|igreja|iglesia|church|parroquia|paroquia|parish|"
    r"pastoral|diocesis|diocese|caritas|cruz roja|cruz vermelha|red cross|mision|missao|mission|misioner\w*|herman\w*|irmas|"
    r"oficina|office|escritorio|bufete|estudio|municip\w*|prefeit\w*|alcald\w*|secretar\w*|minister\w*|gob\w*|govern\w*|"
    r"juzgado|juizado|"
    r"tribunal|vara|court|promotor\w*|fiscal\w*|procurad\w*|consej\w*|conselho|ouvidoria|albergue\w*|refugi\w*|abrig\w*|hogar\w*|"
    r"lar|shelter\w*|home|homes|safe|posada|comedor|cocina|kitchen|plaza|parque|villa|vila|barrio|bairro|ciudad|cidade|calle|"
    r"rua|avenida|"
    r"pueblo|puente|punto|ponto|point|espacio|espaco|space|mesa|linea|linha|line|hotline|jardim|jardin|dental|odonto\w*|"
    r"farmac\w*|pharmacy|aldea\w*|aldeia\w*|coop\w*|s a|ltda|inc|llc|san|santa|santo|sao|sta|sto|st|saint|nossa|nuestra|n s|virgen|"
    r"capela|capilla|ermita|women|mujer\w*|mulher\w*|migra\w*|salon|sede|soci\w*|socorro|vacunatorio|cdi|ivss|cdp|penal|"
    r"township|u s f|u b s|c s|p s|u\w{1,3}f|urap|ubr|psp|nis|csub|caenf|pronto|sanitari\w*|assembl\w*|asamblea|demo)\b"
)
#: Where somebody practises on their own: a title after one of these is that person's.
_OWN_PRACTICE = re.compile(
    r"\b(?:consultorio (?:medico|dental|odontologico|psicologico|juridico|particular|privado|de psicologia)|despacho|bufete|"
    r"estudio juridico|escritorio de advocacia|notaria|law office|private practice|gabinete)\b"
)
_TITLE = (
    r"dra?s?|doctora?|doutora?|lic|licda|licdo|licenciad[oa]|psic|psicolog[oa]|abog|abogad[oa]|advogad[oa]|sra?|srta|se[nñ]ora?|"
    r"ing|profa?|t\.?s|mrs?|ms|md|esq|don|do[nñ]a|dona|hno|hna|hermana|hermano|irm[aã]|padre|pbro|sor|pastora?|enf|enfermer[oa]"
)
_TITLED = re.compile(rf"\b(?i:{_TITLE})\b\.?\s+[A-ZÁÉÍÓÚÂÊÔÃÕÑÇ]")
#: In prose a title alone is enough, also in small letters: what is dropped wrongly a person writes again.
_TITLE_IN_PROSE = re.compile(
    r"\b(?:dra?|licd?[ao]?|sra?|srta|mrs?|ms|doctora?|doutora?|psic|abog|ing|se[nñ]ora?)\b\.?\s+[^\W\d_]|"
    r"\b(?:pregunt\w+|pergunt\w+|ask)\s+(?:por|pela|pelo|for)\b",
    re.IGNORECASE,
)
#: Where people are told whom to ask for. In an address this is the only sign, since streets are named after people.
_ASK = re.compile(
    r"\b(?:pregunt(?:ar|e|en|a)|pregúnt\w*|pergunt(?:ar|e|em)|ask|buscar|busque|procur(?:ar|e)|habl(?:ar|e|a|en)|fal(?:ar|e)|"
    r"speak|talk|"
    r"llam(?:ar|e|a|en)|llámal\w*|lig(?:ar|ue)|call|avis(?:ar|e)|dirigirse|comunicarse|comunicar|escrib(?:ir|e|a)|escrev(?:er|a)|"
    r"coordinar|agendar|cita|consultar)\s+(?:por|pela|pelo|for|to|with|a|ao|à|al|con|com|la|el)\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\b(?:contact|contacto|contactos|contato|contatos|attn|atte|atención a|atencion a|a la atención|focal point|punto focal|"
    r"ponto focal|"
    r"responsable|responsável|responsavel|encargad[oa]|coordinador[a]?|coordenador[a]?|director[a]?|diretor[a]?|manager|in charge|"
    r"propietari[oa]|proprietári[oa]|dueñ[oa]|owner|representante(?: legal)?)\b\s*[:\-–(]|\bc/o\b|\ba/c\b|\ba\.c\.\s",
    re.IGNORECASE,
)
_RESIDENCE = re.compile(
    rf"\b(?:casa|residencia|residência|domicilio|domicílio|vivienda|apartamento|apto|home|house)\s+(?:de|da|do|of)\s+(?:la\s+|"
    rf"el\s+|los\s+)?"
    rf"(?:{_TITLE}|familia|família|family)\b",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[^\s@<>()]@[^\s@<>()]|\w\s?(?:\(at\)|\[at\]|\(arroba\)|\barroba\b)\s?\w", re.IGNORECASE)
_MESSENGER_IN_TEXT = re.compile(r"\b(?:wa|t|m)\.me/|\bwhatsapp\.com/|(?:^|[\s(,:])@\w{3,}", re.IGNORECASE)
_DIAL = re.compile(
    r"\b(?:tel[eé]fonos?|telephone|tel|telfs?|tfno|cel|cell|celular(?:es)?|m[oó]vil|whats\s?app|whats|wsp|wpp|zap|fones?|"
    r"phone|mobile)\b"
    r"\W{0,4}\d{3}",
    re.IGNORECASE,
)
_RUN = re.compile(r"\+?\(?\d[\d\s().\-–/]{5,}\d")
_LONG = re.compile(r"\d{7,}")
_PROSE_NUMBER = re.compile(r"\d[\d\s().\-/]{5,}\d")
_MONEY = re.compile(
    r"(?:r\$|s/\.?|us\$|[$€£]|\b(?:cop|usd|mxn|clp|brl|pen|ves|gtq|hnl|crc|dop|ttd|"
    r"eur)\b)\s*\d{1,3}(?:[.,\s]\d{3})*(?:[.,]\d{1,2})?(?!\d)|"
    r"(?<!\d)\d{1,3}(?:[.,]\d{3})*(?:[.,]\d{1,2})?\s*(?:pesos|soles|reais|d[oó]lares|dollars|colones|quetzales|lempiras|"
    r"bol[ií]vares)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_HALLOWED = _set("san santa santo sao sta sto st saint virgen nossa nuestra")


def names_somebody(name: str) -> bool:
    """Whether the name of a service or body is a person's: a title in private practice, a given name first, "Rosa Pérez"."""
    if holds_contact(name, ""):
        return True
    folded = fold(name)
    if names_a_person(name) or (_OWN_PRACTICE.search(folded) and _TITLED.search(name.title())):
        return True
    if _BODY.search(folded):
        return False
    words = folded.split()
    if not 2 <= len(words) <= 5 or any(word.isdigit() for word in words):
        return False
    return words[0] in GIVEN or any(word in SURNAMES for word in words[1:])


def reaches_somebody(line: str, country: str) -> bool:
    """Whether an address or the name of a place holds a number to dial, a mailbox, or whom to ask for.

    Names alone are no sign here: streets and towns are named after people. ``country``: whose numbers to know, ISO code or "".
    """
    if not line:
        return False
    return bool(holds_contact(line, country) or _ASK.search(line) or _CONTACT.search(line) or _RESIDENCE.search(line))


def holds_contact(name: str, country: str) -> bool:
    """Whether a name holds a mailbox, a messenger's handle or a number to dial; ``country`` as in ``reaches_somebody``."""
    return bool(_MAIL.search(name) or _MESSENGER_IN_TEXT.search(name) or _DIAL.search(name) or _holds_number(name, country))


def speaks_of_somebody(text: str) -> bool:
    """Whether prose (a description, a cost) holds a number, a mailbox, a title with a name, or somebody's name."""
    if not text:
        return False
    plain = _MONEY.sub(" ", text)
    return bool(
        _MAIL.search(plain)
        or _MESSENGER_IN_TEXT.search(plain)
        or _PROSE_NUMBER.search(plain)
        or _TITLED.search(plain)
        or _TITLE_IN_PROSE.search(plain)
        or _CONTACT.search(plain)
        or _DIAL.search(plain)
        or _RESIDENCE.search(plain)
        or _names(plain)
    )


def whose_phone(words: str) -> bool:
    """Whether what stands beside a number says that it is somebody's own: a name, a title, "personal", "home", "do not publish"."""
    return bool(_OWN_PHONE.search(fold(words)) or _TITLED.search(words) or _CONTACT.search(words) or _names(words))


_OWN_PHONE = re.compile(
    r"\b(?:personal|personales|pessoal|particular|privad[oa]|private|propio|own|home|casa|domicilio|residencia|intern[oa]|internal|"
    r"staff only|solo personal|uso interno|confidencial|confidential|no publicar|no compartir|nao divulgar|do not (?:publish|"
    r"share|give)|"
    r"unlisted|emergency contact|director[a]?|diretor[a]?|coordinador[a]?|coordenador[a]?|encargad[oa]|responsable|"
    r"responsavel|dueno|duena|"
    r"representante|presidente|presidenta|focal)\b"
)


def _names(text: str) -> bool:
    """A given name and another capitalised word after it, or a capitalised word before a surname; not after "San"."""
    found = list(_WORD.finditer(text))
    for before, here, after in zip([None, *found], found, [*found[1:], None], strict=False):
        word = here.group()
        if not word[0].isupper():
            continue
        hallowed = before is not None and fold(before.group()) in _HALLOWED
        if hallowed or after is None or not after.group()[0].isupper() or text[here.end() : after.start()].strip():
            continue
        if fold(word) in GIVEN or (fold(after.group()) in SURNAMES and fold(word) not in _HALLOWED):
            return True
    return False


def _holds_number(line: str, country: str) -> bool:
    for run in _RUN.finditer(line):
        if "+" in run.group():
            return True
        for token in _LONG.findall(run.group()):
            if len(token) >= 9 or country not in ("", "BR"):  # in Brazil codes of units have seven figures, of streets eight
                return True
        parts = re.findall(r"\d+", run.group())
        for start in range(len(parts)):
            for end in range(start + 2, min(len(parts), start + 5) + 1):
                if _grouped(parts[start:end], country) and _valid("".join(parts[start:end]), country):
                    return True
    return False


def _grouped(parts: list[str], country: str) -> bool:
    """Whether figures stand together as a number is written, and not as houses 807-809: four at the end, or three by three."""
    if len(parts[-1]) >= 4:
        return sum(map(len, parts)) >= 9 or country in _EIGHT_DIGITS or not country
    return len(parts) >= 3 and parts[0][0] == "9" and all(len(part) == 3 for part in parts[-3:])


#: Countries whose numbers have eight digits, written 2222-3333.
_EIGHT_DIGITS = frozenset({"CR", "GT", "HN", "SV"})


@lru_cache(maxsize=4096)
def _valid(digits: str, country: str) -> bool:
    if not country or not 8 <= len(digits) <= 13:
        return len(digits) in (10, 11) if not country else False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, country))
    except NumberParseException:
        return False


# --- mailboxes and links ---------------------------------------------------------------------------------------------

#: What the box of an office is called. Any other box is somebody's until a person says otherwise.
_ROLES = _set(
    "info informacion informacao informes information contacto contactos contactenos contato contact contactus atencion atencao "
    "atendimento atencionalcliente atencionalusuario atencionalciudadano servicioalcliente faleconosco ayuda ajuda help helpdesk "
    "hello hola ola oficina oficinas office escritorio recepcion recepcao reception admin administracion administracao "
    "administration "
    "secretaria secretariat soporte suporte support citas turnos agenda agendamento appointments consultas consulta consultorio "
    "legal juridico juridica asesoria assessoria salud saude health proteccion protecao protection genero gender mujer "
    "mujeres mulher "
    "mulheres women ninez infancia children juventud quejas reclamos denuncias sugerencias ouvidoria sac pqr pqrs pqrsd complaints "
    "feedback servicio servicios servico servicos service services comunicacion comunicaciones comunicacao prensa imprensa "
    "press media "
    "direccion direcao diretoria gerencia coordinacion coordenacao coordination referral referrals referencia intake casos "
    "cases correo "
    "mail email correio webmaster web hospital hosp clinica clinic centro center centre ubs usf cras creas cram caps upa ama "
    "cesfam "
    "posta posto defensoria fiscalia promotoria procuraduria delegacia comisaria policia deam ddm consulado embajada "
    "migracion migracoes "
    "asilo asylum refugiados refugees refugio migrantes migrants program programa programs proyecto projeto project equipo "
    "equipe team "
    "linea linha line emergencia emergencias emergency urgencias social trabajosocial bienestar callcenter mesadepartes "
    "notificaciones "
    "notificacionesjudiciales transparencia rrhh general central principal sede regional municipal municipalidad alcaldia "
    "prefeitura "
    "fundacion fundacao foundation asociacion associacao ong ngo red rede voluntarios volunteers donaciones doacoes de da do "
    "del la el "
    "y e al para the of and"
)
_GLUE = _set("de da do del la el y e al para the of and")
_FREE_BOX = re.compile(
    r"^(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|rocketmail|icloud|me|aol|proton|protonmail|pm|gmx|mail|zoho|"
    r"yandex|bol|uol|"
    r"terra|ig|globo|r7|zipmail|cantv|latinmail|tutanota|tuta)\."
)
_BOX = re.compile(r"^[^@\s<>,;]+@[^@\s<>,;]+\.[A-Za-z]{2,}$")


def role_box(email: str, *known: str) -> bool:
    """Whether a mailbox is an office's: its local part is made of words for roles, or is the body's own name.

    ``known``: names that are public anyway (of the service, its organisation, its town); their words may stand beside a role.
    """
    if not _BOX.match(email):
        return False
    local, domain = email.lower().rsplit("@", 1)
    if _FREE_BOX.match(domain):
        return False
    words = [word for word in re.split(r"[^a-z]+", fold(local)) if word]
    site = fold(domain.split(".")[-3] if domain.count(".") >= 2 and len(domain.split(".")[-2]) <= 3 else domain.split(".")[-2])
    public = {word for name in known for word in fold(name).split()} - GIVEN - SURNAMES
    if not words:
        return False
    if any(word in GIVEN or word in SURNAMES for word in words):
        return False
    if "".join(words) == site.replace(" ", ""):
        return True
    return all(word in _ROLES or word in public for word in words) and any(word in _ROLES - _GLUE for word in words)


#: Hosts of messengers (a number or a person behind them), of short links (anything behind them), and of maps (a place behind them).
_HOSTS = re.compile(
    r"(?:^|\.)(?:wa\.me|wa\.link|walink\.co|whatsapp\.com|t\.me|telegram\.(?:me|org|dog)|m\.me|messenger\.com|signal\.(?:me|group)|"
    r"viber\.com|line\.me|discord\.(?:gg|com)|linkedin\.com|bit\.ly|tinyurl\.com|goo\.gl|t\.co|cutt\.ly|ow\.ly|is\.gd|rb\.gy|"
    r"acortar\.link|"
    r"linktr\.ee|waze\.com|what3words\.com|w3w\.co|openstreetmap\.org|osm\.org|maps\.app\.goo\.gl|maps\.apple\.com|"
    r"maps\.google(?:\.\w+)+)$"
)
_WEB = re.compile(r"^https?://[^\s/$.?#@][^\s]*$", re.IGNORECASE)
_PROFILE = re.compile(r"/(?:profile\.php|people/|groups/|in/|maps(?:/|$)|u/)", re.IGNORECASE)


def open_site(url: str) -> bool:
    """Whether a link leads to a site of a body: not to a messenger, a person's profile, a map, or through a shortener."""
    if not _WEB.match(url):
        return False
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return False
    if not host or parts.username is not None or _HOSTS.search(host):
        return False
    rest = url.split("://", 1)[1]
    return not (
        _MAIL.search(rest) or _PROFILE.search(parts.path) or re.search(r"(?:phone|tel|wa)=\+?\d", parts.query, re.IGNORECASE)
    )

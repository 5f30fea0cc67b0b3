"""The words before a name: "me llamo", "my son", "Dra.", "aqui é" ...

Here belong only these words. Never here: what is a name behind them (``names``, ``nicknames``).
"""

from __future__ import annotations

import re

#: Behind these a name follows, written in capitals or not.
SAYS = re.compile(
    r"\b(?:me llamo|mi nombre(?: completo)? es|nombre(?: completo)? ?[:=]|se llama(?:ba|n)?|"
    r"llamad[oa]s?|de nombre|a nombre de|responde al nombre de|nombre y apellidos?:?|apellidos?:?|le dicen|"
    r"me dicen|l[aoe] (?:llaman|dicen|decian|conocen (?:como|por))|conhecid[oa] (?:como|por)|conocid[oa] (?:como|por)|"
    r"apodad[oa]|apelidad[oa]|"
    r"known as|goes by|chamam (?:ele|ela) de"
    r"|\w+'?s names? (?:is|are)|names are|my (?:full )?name is|my name'?s|name ?[:=]|is called|named|goes "
    r"by|called|i am called|his name is|her name is|their name is"
    r"|meu nome(?: completo)? [eé]|me chamo|nome(?: completo)? ?[:=]|se chama(?:va|m)?|chamad[oa]|"
    r"o nome del[ea] [eé]|em nome de"
    r"|su nombre es|los nombres? (?:es|son)|el nombre de (?:mi|el|la|ella) \w+ es|firma(?:do)?:?|atte\.?:?|"
    r"att\.?:?|atentamente,?|quien escribe es|ass\.?:?|assinado:?|signed:?|sincerely,?|regards,?) +"
)
#: Behind these a name follows as often as something else: "his name was Tony" and "was wrong", "my name thi hoa nguyen" and "is not
#: there".
NAMED = re.compile(
    r"\b(?:(?:his|her|their|the|whose) names? (?:was|were|is|are)|\w+['’]s names? (?:was|were)|my (?:full )?name(?: was)?"
    r"(?! (?:is|was)\b)|"
    r"(?:su|el|cuyo) nombre (?:era|fue)|(?:el|o) nom(?:br)?e d(?:el?|o|a|e la|el[ea]|e (?:el|ella|mi|su|la|el)) ?(?:\w+ )?"
    r"(?:es|era|fue|e|foi)|(?:mi|meu) nom(?:br)?e(?! (?:es|e|era|foi)\b)|(?:seu|o|cujo) nome (?:era|foi)|"
    r"(?:nome|nombre) del[ea] (?:e|era|foi)) +"
)
#: At the beginning, as in a form, before several words: "name li na zhang from china".
FORM = re.compile(r"(?:^|[\n.;] *)(?:name|nombre|nome) +")
#: Behind these a name follows when it is written with a capital letter and is no organisation.
CONTACT = re.compile(
    r"\b(?:pregunt\w+ por|(?:llam|avis|dig|marqu|escrib|localic|encuentr|ayud)\w+ a|(?:avis|lig|diz|digam?|"
    r"chamem)\w* (?:a|para|o)|habl\w+ con|comuni\w+ con|cont[aá]ct\w+ (?:a|con)|ask for|speak (?:to|with)|"
    r"talk "
    r"to|call|tell|fal\w+ com|procur\w+ (?:por|a|o)|chama\w* (?:a|o)"
    r"|quej\w+ (?:contra|de|por)|queixa contra|reclam\w+ (?:contra|de|por)|denunci\w+ (?:a|contra|o)|"
    r"complain\w* (?:about|against)|acus\w+ (?:a|de)|llev\w+ a|mat\w+ a|busc\w+ a|looking for|"
    r"procurando (?:a|o)?|(?:client[ae]?|cliente|pacient[ae]|patient|beneficiari[oa]|usuari[oa]|titular|hij[oa]|espos[oa]|"
    r"padre|madre|"
    r"tia|tio|contact|contacto|contato|tutora?|acudiente|representante|solicitante|applicant|sponsor|testigo|detenid[oa]|"
    r"filh[oa]|mae|pai|son|daughter|wife|husband|encaminhar|remitir|responsable|responsavel|caso de|case of|firmado por|"
    r"signed by|segun|according to|de parte de|da parte de|on behalf of|"
    r"name|nombre|nome|they call (?:him|her|me)|write|message|email|visit|el de (?:ella|el|mi \w+)(?: es)?|o del[ea](?: e)?|"
    r"por culpa de|gave (?:it|"
    r"the money) to|paid|pay|pagu?e a|pagamos a|entreg\w+ a|"
    r"conoc\w+ a|vi a|vimos a|"
    r"met|saw|perd\w+ contacto con|"
    r"junto (?:a|com)|casad[oa] con):?) +"
)
#: Family, and who somebody is to somebody.
_FAMILY = (
    r"hij[oa]s?|hijit[oa]|nen[ea]|niñ[oa]|nin[oa]s?|bebe|"
    r"hermanit[oa]|"
    r"herman[oa]s?|espos[oa]|marido|mujer|pareja|novi[oa]|ex"
    r"|prim[oa]s?|ti[oa]s?|sobrin[oa]s?|niet[oa]s?|abuel[oa]|abuelit[oa]|mama|papa|padre|madre|suegr[oa]|"
    r"cunh?ad[oa]|padrastro|madrastra|vecin[oa]|jef[ea]|patron[a]?|amig[oa]s?|companer[oa]|coyote|pollero|"
    r"padrino|madrina|compadre|comadre"
    r"|son|daughter|kids?|baby|brother|sister|husband|wife|partner|boyfriend|girlfriend|cousin|uncle|aunt|"
    r"nephew|niece|grandson|granddaughter|grandma|grandmother|grandfather|mother|father|mom|mum|dad|boss|"
    r"friend|neighbou?r|stepfather|child|children"
    r"|filh[oa]s?|filhinh[oa]|irma|irmao|irmaos|marido|companheir[oa]|namorad[oa]|primo|prima|sobrinh[oa]|"
    r"net[oa]|avo|mae|pai|sogr[oa]|padrasto|madrasta|vizinh[oa]|chefe|patrao|patroa|amig[oa]|crianca"
)
_ROLES = (
    r"agente|oficial|senor[a]?|officer|guardia|trabajadora social|psicolog[oa]|abogad[oa]|doctor[a]?|"
    r"profesor[a]?|maestr[oa]|enfermer[oa]|yerno|nuera|genro|nora|landlord|landlady|room ?mate|lawyer|attorney|"
    r"client[ae]?|cliente|paciente|patient|conductor|driver|hijastr[oa]|entead[oa]|stepson|stepdaughter|duen[oa]|caser[oa]|"
    r"capataz|encarregad[oa]|advogad[oa]|medic[oa]|bisabuel[oa]|gemel[oa]s?|melliz[oa]s?|twins?|fiancee?|noiv[oa]|"
    r"caseworker|tal(?: d[eoa])?|profe|"
    r"comadre|ahijad[oa]|afilhad[oa]|bebita|bebito|chamit[oa]|chamo|muchach[oa]|mocinha|rapaz|menin[oa]|boy|girl|colega|"
    r"parceir[oa]|paisan[oa]|conterrane[oa]|pana|coworker|classmate"
)
KIN = rf"(?:{_FAMILY}|{_ROLES})"
#: Behind these a name follows when it is written with a capital letter, or is a known first name.
_OF = (
    r"(?:mi|mis|my|meu|minha|meus|su|his|her|sua|seu|nuestr[oa]|our|nosso|nossa|tu|el|la|o|a|un|una|"
    r"the|ex|mi ex|del|al|los|dos|las|as|um|uma|estes|mis|its)"
)
RELATION = re.compile(
    rf"\b(?:{_OF}\s+){KIN}(?: d(?:ele|ela|eles|elas)| de (?:el|ella|ellos|ellas)| of (?:mine|hers|his))?(?: (?:de \d{{1,2}} anos|"
    r"mayor|menor|pequen[oa]|se llama|"
    r"llamad[oa]|called|named|chamad[oa]|(?:es|e)(?: el| la| o| a)?|is))?,? +"
)
TITLE = re.compile(
    r"\b(?:sr|sra|srta|dr|dra|lic|lcdo|lcda|ing|prof|profa|abg|mr|mrs|ms|miss|don|dona|senor|senora|"
    r"senorita|doctor|doctora|licenciad[oa]|ingenier[oa]|profesor|profesora|abogad[oa]|padre|pastor|"
    r"hermana|hermano|sor|fray|madre|senhor|senhora|seu|dona"
    r"|doutor|doutora|professor|professora|advogad[oa]|officer|sargento|cabo|teniente|capitan|agente|"
    r"inspector|juez|jueza|comandante|policia|policial|policeman|guarda|guardia|soldado|chofer|motorista|"
    r"taxista|director|directora|sindic[oa]|vizinh[oa]|vecin[oa]|diretora?|coordenadora?|coordinador|coordinadora|"
    r"encargad[oa]|funcionari[oa]|supervisor|gerente|"
    r"manager|nurse|enfermer[oa]|psicolog[oa]|trabajadora social|worker|case manager|assistente social|"
    r"sister|father|brother|reverend|rev|pastora|auntie?|uncle|granny|tante|tia|tio|judge|detective|comisario|coyote|alias|"
    r"aka)\.? +"
)
#: "Señor Jesús", "Padre Dios": whom people pray to.
HOLY = frozenset(("jesus", "jesucristo", "cristo", "dios", "deus", "god", "jehova", "jeova"))
_HELLO = (
    r"hola|hi|hello|hey|ey|epa|opa|oi|oie|ola|alo|oye|buenas|buenos dias|buen dia|buenas tardes|buenas noches|bom dia|"
    r"boa tarde|boa noite|good (?:morning|afternoon|evening)|(?:hola|hi|hello|hey|oi|ola) (?:gente|there|todos|de nuevo|again|"
    r"amig[oa]s?|everyone|pessoal)"
)
AM = re.compile(
    rf"(?:(?:^|[.,;:!?\n(] *|\b(?:{_HELLO}|y)[ ,]+)(?:yo |eu |mi |aqui |aca |por aca )?(?:soy|sou|i am|i'm|im|habla|aqui e|aqui|"
    r"this is|le escribe|les escribe|le habla|quien escribe es|les? saluda|fala|aqui fala|quem fala e|quem escreve e|e a|e o|"
    rf"it['’]s|its|it is|aca habla|por aca|aca)(?: me| yo| eu)?|\b(?:{_HELLO})[ ,]+(?:es|e|soy yo|sou eu))(?: el| la| a| o)? +"
)
#: Those of them behind which a name comes even in small letters, and behind what is said of somebody the others do not know.
INTRODUCES = re.compile(
    r"(?:aqui e|this is|it['’]?s|it is|aca|aca habla|les? (?:escribe|saluda|habla)|(?:aqui )?fala|quem (?:fala|escreve) e|"
    r"[ ,](?:es|e|soy yo|sou eu))(?: me)?(?: el| la| a| o)? +$"
)
#: "irmã do wanderley", "mãe do ryan", "sister of ahmed".
KIN_OF = re.compile(rf"\b(?:{_FAMILY}) (?:de la|del|de|do|da|of) +")
#: "con kabongo mi hermano".
KIN_BEHIND = re.compile(
    rf"\b(?:con|with|com|y|e|and|para|for) (?P<name>[a-z][\w'-]{{2,20}}),? (?:mi|my|meu|minha|su|his|her|nuestr[oa]|nosso|"
    rf"nossa) {KIN}\b"
)
#: Behind these people are called what their parents did not call them. Behind the first ones nothing else can follow.
ALIAS = re.compile(
    r"\b(?:alias|a\.?k\.?a\.?|vulgo|apodad[oa]|apelidad[oa]|conocid[oa] (?:como|por)|conhecid[oa] (?:como|por)|"
    r"(?:better |also )?known as|goes by|se hacen? llamar) +"
)
NICKNAME = re.compile(
    r"\b(?:(?:le|lo|la|me|les|nos) (?:dicen|llaman|apodan|decian|llamaban)|(?:(?:me|o|a|lhe|que|se|todos?(?: mundo)?|gente|"
    r"ele|ela) )chamam?"
    r"(?: ele| ela)?(?: de)?|chamad[oa] de|chamam (?:ele|ela)(?: de)?|"
    r"(?:they|everybody|everyone|people|we|folks|guys|friends) (?:all )?calls? (?:him|her|me)|calls? (?:himself|herself)|"
    r"(?:un|una|um|uma|[oa]|el|la) tal(?: d[eoa]l?)?) +"
)

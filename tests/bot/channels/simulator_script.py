"""A small conversation by script, for tests of the simulator's page: it stands where the real one stands.

Here belong its few screens, which use everything that a reply can carry. Never here: anything that a test of the real
conversation could lean on.
"""

from __future__ import annotations

from bot.exchange import Button, Inbound, Message, Reply, StoreDown

MENU = "Información y servicios cerca de ti. Faro es un programa: no es emergencia y no ve dónde estás.\n\n¿Qué buscas?"
CHOICES = ("Lugares y servicios", "Hablar con alguien", "Tus derechos")
WHERE = "¿En qué país y ciudad estás? Escribe el nombre o comparte tu ubicación. El punto exacto no se guarda."
RESULTS = (
    "Cerca de ti, del más cercano al más lejano:\n\n1. Punto Azul (DEMO), a 2 km. Gratis. Abierto ahora.\n"
    "2. Consulta Norte (DEMO), a 4 km. Gratis. No se sabe el horario.\n3. Línea Camino (DEMO), por teléfono."
)
NUMBERS = "Emergencias en Colombia: 123. Mujeres: 155. Niñas y niños: 141. Son gratis, todo el día."
UNREAD = "No puedo ver ni oír eso. No lo guardé. Escribe con letras o números."
ENDS = ("Números de emergencia", "Salir")
SHARE = "Compartir ubicación"


class Script:
    """``handle`` is a ``bot.exchange.Handle``. ``seen`` is every inbound message, in order, redeliveries included."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As new, while its server goes on."""
        self.seen: list[Inbound] = []
        self.down = False
        self.breaks = False
        self.says: str | None = None
        """Said instead of everything else, where it is set."""
        self._answered: dict[tuple[bytes, str], Reply] = {}
        self._turns: dict[bytes, int] = {}

    async def handle(self, inbound: Inbound) -> Reply:
        if self.down:
            raise StoreDown("the store is away for this test")
        if self.breaks:
            raise RuntimeError("a fault of the program, for this test")
        self.seen.append(inbound)
        who = inbound.person.pseudonym(b"epoch", b"script")
        key = who, inbound.message_id
        if key not in self._answered:
            self._turns[who] = self._turns.get(who, 0) + 1
            self._answered[key] = self._reply(self._turns[who], inbound)
        return self._answered[key]

    def _reply(self, turn: int, inbound: Inbound) -> Reply:
        said = inbound.words.reveal().strip().lower() if inbound.words else ""
        if inbound.press:
            said = ("1", "2", "3", "9", "0")[min(inbound.press.ordinal, 4)]
        if self.says is not None:
            return _reply(turn, inbound, "said", self.says, ())
        if said == "0":
            return Reply(None, "es", forget=True, outcome="left")
        if inbound.point or said == "cúcuta":
            return _reply(turn, inbound, "results", RESULTS, CHOICES)
        if inbound.unreadable:
            return _reply(turn, inbound, "unread", UNREAD, CHOICES)
        if said == "1":
            return _reply(turn, inbound, "where", WHERE, (), SHARE)
        if said == "9":
            return _reply(turn, inbound, "emergency", NUMBERS, CHOICES)
        return _reply(turn, inbound, "menu", MENU, CHOICES)


def _reply(turn: int, inbound: Inbound, screen: str, text: str, choices: tuple[str, ...], location: str = "") -> Reply:
    rows: tuple[tuple[Button, ...], ...] = ()
    if inbound.traits.buttons:
        first = 0 if choices else 3
        keys = [Button(label, place) for place, label in enumerate((*choices, *ENDS), first)]
        rows = (*((key,) for key in keys[:-2]), tuple(keys[-2:]))
    elif choices:
        written = "\n".join(f"{digit} {choice}" for digit, choice in enumerate(choices, 1))
        text = f"{text}\n{written}\n9 {ENDS[0]}\n0 {ENDS[1]}"
    if inbound.traits.form == "sms":
        text = text.translate(str.maketrans("áíóúÍ", "aiouI"))
    message = Message(text, rows, location if inbound.traits.location else "", turn)
    return Reply(message, "es", edit=inbound.press is not None, screen=screen, outcome="answered")

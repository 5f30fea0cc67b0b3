"""What the competitors say: the same five steps, as short as ours, from a dictionary and a list in memory."""

from __future__ import annotations

HELLO = "Faro. Automatic information service, not an emergency service. 9 emergency numbers, 0 leave. What do you need?"
MENU = ["Services near me", "Your rights", "Privacy", "Emergency numbers"]
WHERE = "Where are you? Write the name of the place."
KIND = "What do you need in {place}?"
KINDS = ["Health", "Protection", "Legal advice", "Food and water", "Shelter"]
RESULTS = [
    ("Casa Azul", "Calle 10 # 4-20", "Mon-Fri 08:00-16:00", "free"),
    ("Centro Norte", "Avenida 3 # 11-05", "every day 07:00-19:00", "free"),
    ("Punto Sur", "Carrera 8 # 2-31", "Mon-Sat 09:00-17:00", "free"),
]
NOTE = "Help is free. Nobody may ask for money, papers or favours for it. 9 emergency numbers, 0 leave."


def results(place: str, kind: str) -> str:
    rows = [f"{number}. {name}: {address}, {hours}, {cost}" for number, (name, address, hours, cost) in enumerate(RESULTS, 1)]
    return "\n".join([f"{kind}, {place}:", *rows, NOTE])


def details(number: int) -> str:
    return "\n".join([*RESULTS[number - 1], NOTE])

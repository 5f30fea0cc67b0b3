"""What a turn costs here, and what the same five steps cost when written otherwise: ``make bench``.

Every program runs in one process, on the same machine, over the same session store, for 64 people at a time. Rounds are
interleaved, so that whatever else the machine does falls on all of them; a ratio is the median over rounds of two
programs in the same round, with its smallest and largest value. The last lines are ``ratio NAME VALUE``, one a goal:

* ``..._of_bare``, ``..._times_...``: at least the goal is good;
* ``..._of_limit``: what was measured as a part of what is allowed; at most 1 is good.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from twilio.request_validator import RequestValidator

from bench import load, purse, search
from bench.apps import texts
from bot import db
from bot.directory.demo import load_demo
from bot.settings import Settings
from tests.servers import free_port, redis_server

ROOT = Path(__file__).parents[1]
COMPETITORS = ROOT / ".venv-bench" / "bin"
LANGS = ("es", "en", "pt")

TOKEN = "123456789:" + "a" * 35
SECRET = "s" * 32
SID, AUTH = "AC" + "0" * 32, "t" * 32
PUBLIC = "https://faro.example.org"

#: The five steps, as a person types them: hello, menu, place, kind, one of the results; by SMS hello, language, menu, place, kind.
OURS = ("/start", "1", "Cúcuta", "1", "1")
OURS_SMS = ("hola", "1", "1", "Cúcuta", "1")
#: The same with buttons, after a written hello and the language: menu, country, all of it, kind, one of the results. How the
#: labels begin.
LANGUAGE = "Español"
PRESSED = ("Lugares", "Colombia", "Todo el país", "Salud", "1. ")
THEIRS = ("/start", texts.MENU[0], "Cúcuta", texts.KINDS[0], "1")
THEIRS_SMS = ("hola", "1", "Cúcuta", "1", "1")

_people = itertools.count(1_000_000_000)
_updates = itertools.count(1)


# --- requests ---------------------------------------------------------------------------------------------------------


def _person(number: int) -> dict[str, object]:
    return {"id": number, "is_bot": False, "first_name": "A", "language_code": "es"}


def _update(path: str, what: dict[str, object]) -> bytes:
    body = json.dumps({"update_id": next(_updates), **what}).encode()
    return load.post(path, body, "application/json", x_telegram_bot_api_secret_token=SECRET)


def typed(path: str, person: int, text: str, number: int) -> bytes:
    """A Telegram message as a request."""
    chat = {"id": person, "type": "private", "first_name": "A"}
    message: dict[str, object] = {
        "message_id": number,
        "date": int(time.time()),
        "chat": chat,
        "from": _person(person),
        "text": text,
    }
    if text.startswith("/"):
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text)}]
    return _update(path, {"message": message})


def pressed(path: str, person: int, data: str) -> bytes:
    """A pressed button as a request."""
    chat = {"id": person, "type": "private", "first_name": "A"}
    carrier = {"message_id": 7, "date": int(time.time()), "chat": chat, "text": "-"}
    query = {"id": str(next(_updates)), "from": _person(person), "chat_instance": "1", "message": carrier, "data": data}
    return _update(path, {"callback_query": query})


def sms(url: str, person: int, text: str, number: int) -> bytes:
    """A signed SMS as a request."""
    fields = {
        "MessageSid": f"SM{person:016x}{number:016x}",
        "AccountSid": SID,
        "From": f"+57{person}",
        "To": "+15005550006",
        "Body": text,
        "NumMedia": "0",
    }
    signature = RequestValidator(AUTH).compute_signature(f"{url}/twilio/sms", fields)
    body = urllib.parse.urlencode(fields).encode()
    return load.post("/twilio/sms", body, "application/x-www-form-urlencoded", x_twilio_signature=signature)


# --- programs ---------------------------------------------------------------------------------------------------------

Journey = Callable[[int], list[bytes]]
"""Requests of one person."""


@dataclass
class Program:
    """Something that answers, and how people write to it."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    journey: Journey
    size: int
    """Journeys a round: enough for a second or more."""
    before: Callable[[Sequence[int]], Awaitable[None]] | None = None
    """What the same people send first, outside the measurement."""
    proof: bytes = b""
    """What the last answer of a journey holds, where answers come in the response."""
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Microseconds of CPU a turn, of this program's process."""
    store_cpu: list[float] = field(default_factory=list)

    async def round(self, store_pid: int) -> None:
        people = [next(_people) for _ in range(self.size)]
        if self.before is not None:
            await self.before(people)
        journeys = [self.journey(person) for person in people]
        before, store_before = load.cpu_seconds(self.process.pid), load.cpu_seconds(store_pid)
        done = await load.run(self.port, journeys)
        self.cpu.append((load.cpu_seconds(self.process.pid) - before) / done.turns * 1e6)
        self.store_cpu.append((load.cpu_seconds(store_pid) - store_before) / done.turns * 1e6)
        self.rates.append(done.rate)
        wrong = [body for body in done.bodies if self.proof not in body]
        if wrong:
            raise SystemExit(f"{self.name}: the journey ended elsewhere: {wrong[0][:300]!r}")


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except OSError:
        return False
    return True


@contextlib.asynccontextmanager
async def program(command: Sequence[str], port: int, ready: str, **environment: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A server in a process of its own, from the moment at which it answers ``ready``."""
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("TELEGRAM_", "TWILIO_", "REDIS_", "DATABASE_"))
    }
    log = tempfile.TemporaryFile()  # noqa: SIM115 - it outlives this function's with
    process = subprocess.Popen(list(command), cwd=ROOT, env=bare | environment, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(600):
            if process.poll() is not None or await asyncio.to_thread(_answers, f"http://127.0.0.1:{port}{ready}"):
                break
            await asyncio.sleep(0.1)
        if process.poll() is not None:
            log.seek(0)
            raise SystemExit(f"{command[0]} {command[1]} … did not start:\n{log.read().decode()[-2000:]}")
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        log.close()


@contextlib.asynccontextmanager
async def ours(redis_url: str, api: str, port: int, *arguments: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """The program as it is deployed (``serve``, or other ``arguments``), with the demo's directory and its sessions in Redis."""
    with tempfile.TemporaryDirectory(prefix="faro-bench-") as folder:
        settings = Settings(_env_file=None, var_dir=Path(folder))  # type: ignore[call-arg]
        engine = db.open_engine(db.url_of(settings))
        await db.create_all(engine)
        await load_demo(engine)
        await engine.dispose()
        command = [sys.executable, "-m", "bot", *(arguments or ("serve",))]
        deployment = program(
            command,
            port,
            "/health/ready",
            PORT=str(port),
            VAR_DIR=folder,
            REDIS_URL=redis_url,
            TELEGRAM_TOKEN=TOKEN,
            TELEGRAM_SECRET=SECRET,
            TELEGRAM_API=api,
            TWILIO_ACCOUNT_SID=SID,
            TWILIO_AUTH_TOKEN=AUTH,
            PUBLIC_URL=PUBLIC,
            SIMULATOR="true",  # a demo at a public address has to be meant
        )
        async with deployment as process:
            yield process


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of the journey: how many turns after hello, and its place there. What a conversation counts its turns from is
    chance, so it is read from each person's hello."""

    after: int
    ordinal: int

    def data(self, hello: int) -> str:
        return f"{hello + self.after}:{self.ordinal}"


def hellos() -> dict[int, int]:
    """Person -> the turn that the buttons of the hello carry which the Bot API got."""
    found = {}
    for body in load.Telegram.sent:
        call = json.loads(body)
        if rows := call.get("reply_markup", {}).get("inline_keyboard"):
            found[call["chat_id"]] = int(rows[0][0]["callback_data"].partition(":")[0])
    load.Telegram.sent.clear()
    return found


async def learned_buttons(port: int) -> list[Pressed]:
    """The buttons of the journey, the language first."""
    person = next(_people)
    load.Telegram.remember = True
    await load.run(port, [[typed("/telegram", person, OURS[0], 1)]], 1)
    load.Telegram.remember = False
    shown = load.Telegram.sent[-1]
    hello = hellos()[person]
    learned = []
    for label in (LANGUAGE, *PRESSED):
        call = json.loads(shown)
        rows = call["reply_markup"]["inline_keyboard"]
        found = [button["callback_data"] for row in rows for button in row if button["text"].startswith(label)]
        if not found:
            raise SystemExit(f"bench: no button that begins with {label!r} in {call['text']!r}; mend LANGUAGE or PRESSED")
        turn, _, ordinal = found[0].partition(":")
        learned.append(Pressed(int(turn) - hello, int(ordinal)))
        shown = (await load.run(port, [[pressed("/telegram", person, found[0])]], 1)).bodies[0]
    return learned


# --- what is measured -------------------------------------------------------------------------------------------------


async def turns(rounds: int, scale: float, say: Callable[[str], None]) -> tuple[dict[str, Program], dict[str, float]]:
    """Rates of every program over interleaved rounds, and what the store and the process held."""
    server, api = await load.telegram()
    async with contextlib.AsyncExitStack() as stack:
        store = stack.enter_context(redis_server())
        redis = stack.enter_context(contextlib.closing(Redis.from_url(store.url)))
        store_pid = int(redis.info("server")["process_id"])
        ports = {name: free_port() for name in ("bare", "ours", "aiogram", "ptb", "flask")}

        async def start(name: str, command: Sequence[str], **environment: str) -> subprocess.Popen[bytes]:
            return await stack.enter_async_context(program([*command], ports[name], "/", **environment))

        python = str(COMPETITORS / "python")
        apps = ROOT / "bench" / "apps"
        bare = await start("bare", [sys.executable, "-m", "bench.apps.bare", str(ports["bare"]), store.url])
        our = await stack.enter_async_context(ours(store.url, api, ports["ours"]))
        aiogram = await start("aiogram", [python, str(apps / "on_aiogram.py"), str(ports["aiogram"]), store.url, api])
        ptb = await start("ptb", [python, str(apps / "on_ptb.py"), str(ports["ptb"]), store.url, api])
        gunicorn = [
            python,
            "-m",
            "gunicorn",
            "--chdir",
            str(apps),
            "-w",
            "1",
            "-k",
            "gthread",
            "--threads",
            "64",
            "--keep-alive",
            "60",
        ]
        flask = await start(
            "flask",
            [*gunicorn, "-b", f"127.0.0.1:{ports['flask']}", "on_flask:app"],
            FARO_BENCH_REDIS=store.url,
            FARO_BENCH_URL=PUBLIC,
        )

        def messages(steps: Sequence[str]) -> Journey:
            return lambda person: [typed("/telegram", person, text, number) for number, text in enumerate(steps, 1)]

        def texted(steps: Sequence[str]) -> Journey:
            return lambda person: [sms(PUBLIC, person, text, number) for number, text in enumerate(steps, 1)]

        language, *buttons = await learned_buttons(ports["ours"])
        greeted: dict[int, int] = {}

        def by_buttons(person: int) -> list[bytes]:
            """Their hello and the language come before and are not measured."""
            return [pressed("/telegram", person, button.data(greeted[person])) for button in buttons]

        async def greet(people: Sequence[int]) -> None:
            load.Telegram.remember = True
            await load.run(ports["ours"], [[typed("/telegram", person, OURS[0], 1)] for person in people])
            load.Telegram.remember = False
            greeted.clear()
            greeted.update(hellos())
            await load.run(ports["ours"], [[pressed("/telegram", person, language.data(greeted[person]))] for person in people])

        # The floor gets the bodies of the others, so that it reads as many bytes.
        all_programs = [
            Program("bare", ports["bare"], bare, messages(OURS), round(1600 * scale), proof=b"x"),
            Program("telegram button", ports["ours"], our, by_buttons, round(800 * scale), greet, b"DEMO: "),
            Program("telegram text", ports["ours"], our, messages(OURS), round(400 * scale)),
            Program("sms", ports["ours"], our, texted(OURS_SMS), round(800 * scale), proof=b"DEMO"),
            Program("aiogram", ports["aiogram"], aiogram, messages(THEIRS), round(160 * scale), proof=b"Casa Azul"),
            Program("conversation handler", ports["ptb"], ptb, messages(THEIRS), round(80 * scale)),
            Program("flask", ports["flask"], flask, texted(THEIRS_SMS), round(160 * scale), proof=b"Casa Azul"),
        ]
        for number in range(rounds + 1):
            for each in all_programs:
                await each.round(store_pid)
                if number == 0:  # warm
                    each.rates.clear(), each.cpu.clear(), each.store_cpu.clear()
            say(f"round {number} of {rounds}")
        held = {
            "rss": load.resident_mb(our.pid),
            "bytes_sms": await _bytes_a_session(redis, ports["ours"], texted(OURS_SMS)),
            "bytes_telegram": await _bytes_a_session(redis, ports["ours"], messages(OURS)),
        }
    server.close()
    return {each.name: each for each in all_programs}, held


async def _bytes_a_session(redis: Redis, port: int, journey: Journey, people: int = 4000) -> float:
    """Memory of the store for one more idle session: all that it takes, tables included."""
    redis.flushall()
    await load.run(port, [journey(next(_people)) for _ in range(64)])
    before = int(redis.info("memory")["used_memory"])
    await load.run(port, [journey(next(_people)) for _ in range(people)])
    return (int(redis.info("memory")["used_memory"]) - before) / people


def imports(times: int = 7) -> float:
    """Seconds that the composition root takes to import, bytecode in place: the median of several processes."""
    code = "import time; began = time.perf_counter(); import bot.app; print(time.perf_counter() - began)"
    taken = [
        float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout) for _ in range(times)
    ]
    return statistics.median(taken)


def spread(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):8.2f}  ({min(ratios):.2f} to {max(ratios):.2f})"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0, help="length of a round")
    parser.add_argument("--services", type=int, nargs="*", default=[1_000, 50_000, 1_000_000], help="sizes of the directory")
    options = parser.parse_args(arguments)
    if not (COMPETITORS / "python").exists():
        print("The competitors are not installed: run make bench, or scripts/set_up.sh bench.", file=sys.stderr)
        return 2

    ratios: list[tuple[str, float]] = []
    measured, held = asyncio.run(turns(options.rounds, options.scale, lambda text: print(text, file=sys.stderr, flush=True)))
    print(f"\n{'one process, 64 connections':28}{'turns/s':>9}{'CPU us':>9}{'store us':>10}")
    for each in measured.values():
        rate, cpu, store = (statistics.median(values) for values in (each.rates, each.cpu, each.store_cpu))
        print(f"{each.name:28}{rate:9.0f}{cpu:9.0f}{store:10.1f}")

    def against(mine: str, other: str) -> list[float]:
        return [a / b for a, b in zip(measured[mine].rates, measured[other].rates, strict=True)]

    print("\nratios of rounds: median (smallest to largest)")
    for mine in ("telegram button", "telegram text", "sms"):
        for other in ("bare", "aiogram", "conversation handler", "flask"):
            print(f"{mine:18} / {other:22}{spread(against(mine, other))}")
    ratios += [
        ("telegram_button_of_bare", statistics.median(against("telegram button", "bare"))),
        ("sms_of_bare", statistics.median(against("sms", "bare"))),
        ("telegram_times_aiogram", statistics.median(against("telegram button", "aiogram"))),
        ("telegram_times_conversation_handler", statistics.median(against("telegram button", "conversation handler"))),
        ("sms_times_flask", statistics.median(against("sms", "flask"))),
    ]

    print(f"\nan idle session by SMS: {held['bytes_sms']:.0f} bytes of Redis")
    print(f"an idle session by Telegram, with what leaving deletes: {held['bytes_telegram']:.0f} bytes")
    print(f"memory of the process after all this: {held['rss']:.0f} MB")
    took = imports()
    print(f"imports: {took * 1000:.0f} ms")
    ratios += [
        ("session_bytes_of_limit", held["bytes_sms"] / 400),
        ("worker_memory_of_limit", held["rss"] / 80),
        ("imports_of_limit", took),
    ]

    for lang in LANGS:
        free, digits = (asyncio.run(purse.journey(lang, lines[lang])).segments for lines in (purse.FREE, purse.DIGITS))
        print(f"SMS from hello to three results, {lang}: {free} segments by free text, {digits} by digits")
        ratios += [
            (f"segments_free_{lang}_of_limit", free / purse.FREE_LIMIT),
            (f"segments_digits_{lang}_of_limit", digits / purse.DIGITS_LIMIT),
        ]

    found = {size: search.measure(size) for size in options.services}
    for size, told in found.items():
        print(
            f"nearest search among {size}: p50 {told['p50']:.0f} us, p99 {told['p99']:.0f} us; "
            f"snapshot {told['build_seconds']:.1f} s, {told['rss_mb']:.0f} MB"
        )
    if found:
        worst, largest, smallest = max(found.values(), key=lambda told: told["p50"]), found[max(found)], found[min(found)]
        ratios += [
            ("search_p50_of_limit", worst["p50"] / 50),
            ("search_p99_of_limit", max(told["p99"] for told in found.values()) / 1000),
            ("search_p50_largest_to_smallest", largest["p50"] / smallest["p50"]),
            ("snapshot_seconds_of_limit", largest["build_seconds"] / 60),
            ("snapshot_memory_of_limit", largest["rss_mb"] / 1500),
        ]
    print()
    for name, value in ratios:
        print(f"ratio {name} {value:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

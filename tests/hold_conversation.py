"""Holds one conversation in each language with a running demo, over HTTP: ``python -m tests.hold_conversation http://127.0.0.1:8000``.

It goes through the phone of the simulator, which takes the same path as the real channels. Ends with 1, and says at which message,
where an answer is not what a person must get. Nothing but Python's own library is needed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from itertools import count
from typing import Any

#: A first message that names a need and a place, in each language.
NEEDS = {"es": "necesito un médico en Cúcuta", "en": "I need a doctor in Cúcuta", "pt": "preciso de um médico em Cúcuta"}


class Unexpected(Exception):
    """The answer is not what a person must get; the text says what was wrong."""


def ask(url: str, body: dict[str, Any] | None = None) -> Any:
    """GET without a body, POST with one; the decoded answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def wait(base: str, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
    """Until the demo can answer. Raises Unexpected when it cannot within ``seconds``."""
    end = now() + seconds
    while True:
        try:
            ask(f"{base}/health/ready")
            return
        except (urllib.error.URLError, OSError, ValueError) as error:
            if now() > end:
                raise Unexpected(f"{base}/health/ready did not say yes within {seconds:.0f} s ({type(error).__name__}).") from None
        time.sleep(0.1)


def hold(base: str, lang: str, channel: str) -> None:
    """A need, the emergency numbers, and leaving. Raises Unexpected."""
    phone = ask(f"{base}/simulator/phone", {})["phone"]
    numbers = count(1)

    def says(text: str) -> dict[str, Any]:
        message = {"phone": phone, "channel": channel, "kind": "text", "lang": lang, "country": "CO", "text": text}
        shown: dict[str, Any] = ask(f"{base}/simulator/message", message | {"id": f"m{next(numbers)}"})
        return shown

    def sees(shown: dict[str, Any], *words: str) -> None:
        text = "\n".join(message["text"] for message in shown["messages"])
        missing = [word for word in words if word not in text]
        if not text or missing:
            raise Unexpected(f"{channel}, {lang}: {' and '.join(missing) or 'anything'} was expected in the answer: {text!r}")

    sees(says("hola" if lang == "es" else "hello" if lang == "en" else "olá"), "0", "9")
    results = says(NEEDS[lang])
    sees(results, "DEMO")
    if channel == "sms" and sum(message["sms"]["segments"] for message in results["messages"]) > 3:
        raise Unexpected(f"{channel}, {lang}: the answer takes more than three segments.")
    sees(says("9"), "123")
    left = says("0")
    if left["messages"] or not left["left"]:
        raise Unexpected(f"{channel}, {lang}: leaving was answered by a message.")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="address of the demo, such as http://127.0.0.1:8000")
    parser.add_argument("--wait", type=float, default=30, help="seconds to wait until it is ready")
    options = parser.parse_args(arguments)
    try:
        wait(options.base, options.wait)
        for lang in NEEDS:
            for channel in ("sms", "telegram", "whatsapp"):
                hold(options.base, lang, channel)
    except (Unexpected, urllib.error.URLError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Conversations in {', '.join(NEEDS)} by SMS, Telegram and WhatsApp were answered as they must be.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

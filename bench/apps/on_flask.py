"""The five steps as Twilio's tutorials for Flask write them: signature check, state, TwiML; the state is in Redis.

gunicorn --chdir bench/apps on_flask:app        (FARO_BENCH_REDIS and FARO_BENCH_URL in the environment)
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import texts  # beside this file
from flask import Flask, abort, request
from redis import Redis
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

app = Flask(__name__)
store = Redis.from_url(os.environ["FARO_BENCH_REDIS"])
URL = os.environ["FARO_BENCH_URL"]


def signed(view: Callable[[], str]) -> Callable[[], str]:
    @wraps(view)
    def checked() -> Any:
        validator = RequestValidator("t" * 32)
        if not validator.validate(f"{URL}{request.path}", request.form, request.headers.get("X-Twilio-Signature", "")):
            return abort(403)
        return view()

    return checked


@app.post("/twilio/sms")
@signed
def sms() -> str:
    sender, text = request.values["From"], request.values["Body"].strip()
    state = json.loads(store.get(f"sms:{sender}") or b"{}")
    step = state.get("step", "hello")
    if step == "hello":
        answer = "\n".join([texts.HELLO, *(f"{number} {label}" for number, label in enumerate(texts.MENU, 1))])
        state["step"] = "menu"
    elif step == "menu" and text == "1":
        answer, state["step"] = texts.WHERE, "place"
    elif step == "place":
        state |= {"place": text, "step": "kind"}
        answer = "\n".join([texts.KIND.format(place=text), *(f"{number} {label}" for number, label in enumerate(texts.KINDS, 1))])
    elif step == "kind" and text in {"1", "2", "3", "4", "5"}:
        state |= {"kind": texts.KINDS[int(text) - 1], "step": "results"}
        answer = texts.results(state["place"], state["kind"])
    elif step == "results" and text in {"1", "2", "3"}:
        answer = texts.details(int(text))
    else:
        answer = "Please answer with one of the numbers."
    store.set(f"sms:{sender}", json.dumps(state), ex=1200)
    response = MessagingResponse()
    response.message(answer)
    return str(response)

"""What Twilio keeps about our messages, and how its side is set up (P-4): clean-up job and checks for the doctor.

Here belongs the little that needs Twilio's REST interface. Never here: answering a person (``twilio`` does that, without
REST), deciding when a job runs. The library's REST part is heavy and is imported only where a client is made; it is
synchronous, so each job runs in a thread.

Twilio keeps a record of every message, with number and text, for over a year unless the account redacts them. Redaction is
switched on in the console and is checked here as far as records show it; records are deleted by ``remove_older_records``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from bot import logs

#: Records deleted in one run at most, so that a run ends; the next one goes on.
MOST_A_RUN: Final = 1000

#: Twilio's codes that mean "not now" (20009: not in a final state, which may take up to 14 days) and "already gone".
_NOT_YET: Final = 20009
_GONE: Final = 20404
_TOO_MANY: Final = 20429


@dataclass(frozen=True, slots=True)
class Removed:
    """What a run of the clean-up came to."""

    deleted: int
    postponed: int
    """Records that Twilio does not let go of yet; a later run meets them again."""
    more: bool
    """There may be more to delete at once: the run ended at its limit, or Twilio asked for a pause."""


def rest_client(account_sid: str, auth_token: str, http_client: Any = None) -> Any:
    """A client of Twilio's REST interface, with its log silenced: it would write addresses and parameters."""
    logs.silence()
    from twilio.rest import Client  # type: ignore[import-untyped]  # noqa: PLC0415 - 100 ms that answering never needs

    return Client(account_sid, auth_token, http_client=http_client)


async def remove_older_records(client: Any, before: datetime, limit: int = MOST_A_RUN) -> Removed:
    """Delete Twilio's records of messages sent before ``before`` (with a time zone), with the files that came with them.

    Records that cannot be deleted yet are left for a later run. Raises TwilioException where Twilio refuses altogether
    (wrong token, account suspended) and ValueError for a time without a zone.
    """
    if before.tzinfo is None:
        raise ValueError("the time before which records go needs a time zone")
    return await asyncio.to_thread(_remove, client, before.astimezone(UTC), limit)


def _remove(client: Any, before: datetime, limit: int) -> Removed:
    deleted = postponed = 0
    # The whole list first: deleting while paging would skip records.
    records = client.messages.list(date_sent_before=before, limit=limit)
    for record in records:
        # The filter knows days only for some accounts, so the exact time is looked at here.
        if record.date_sent is not None and record.date_sent >= before:
            continue
        code = _delete(record)
        if code == _TOO_MANY:
            return Removed(deleted, postponed, True)
        deleted += code == 0
        postponed += code == _NOT_YET
    return Removed(deleted, postponed, len(records) >= limit)


def _delete(record: Any) -> int:
    """Delete a record and its files. 0, or the code of a refusal that is no fault."""
    from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        if str(record.num_media or "0") != "0":
            # A file is a resource of its own and would outlive its message.
            for file in record.media.list():
                file.delete()
        record.delete()
    except TwilioRestException as error:
        if error.code == _GONE or error.status == 404:
            return _GONE
        if error.code in (_NOT_YET, _TOO_MANY):
            return int(error.code)
        if error.status == 429:
            return _TOO_MANY
        raise
    return 0


# --- how the account is set up ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Hook:
    """Where Twilio calls for one sender."""

    sender: str
    url: str
    method: str
    fallback_url: str
    fallback_method: str


async def faults(client: Any, public_url: str) -> list[str]:
    """All that is wrong at Twilio's side, for the doctor: ``check_number`` and ``check_redaction``."""
    return [*await check_number(client, public_url), *await check_redaction(client)]


async def check_number(client: Any, public_url: str) -> list[str]:
    """What is wrong with the webhooks that lead to ``public_url``, one sentence each; empty when all is well.

    Looks at telephone numbers, messaging services and WhatsApp senders. Numbers that lead elsewhere are none of ours.
    """
    return await asyncio.to_thread(_check, client, public_url)


async def check_redaction(client: Any) -> list[str]:
    """Whether the latest inbound records still show numbers or texts (P-4), as sentences without either of them."""
    return await asyncio.to_thread(_redaction, client)


def _check(client: Any, public_url: str) -> list[str]:
    ours = public_url.rstrip("/") + "/twilio/"
    hooks = [hook for hook in _hooks(client) if _leads(hook.url, ours)]
    if not hooks:
        return [f"Nothing in the Twilio account calls {ours}sms or {ours}whatsapp: set one as the webhook of a number."]
    return [sentence for hook in hooks for sentence in _findings(hook, ours)]


def _hooks(client: Any) -> Iterator[_Hook]:
    for service in client.messaging.v1.services.list():
        if not service.use_inbound_webhook_on_number:
            yield _Hook(
                f"Messaging service {service.friendly_name}",
                service.inbound_request_url or "",
                service.inbound_method or "POST",
                service.fallback_url or "",
                service.fallback_method or "POST",
            )
    for number in client.incoming_phone_numbers.list():
        yield _Hook(
            f"Number {number.friendly_name or number.phone_number}",
            number.sms_url or "",
            number.sms_method or "POST",
            number.sms_fallback_url or "",
            number.sms_fallback_method or "POST",
        )
    for sender in client.messaging.v2.channels_senders.list(channel="whatsapp"):
        # The library hands the webhook of a listed sender out as it came, and that of a fetched one as an object.
        webhook = sender.webhook if isinstance(sender.webhook, dict) else vars(sender.webhook or object)
        yield _Hook(
            f"WhatsApp sender {sender.sender_id}",
            webhook.get("callback_url") or "",
            webhook.get("callback_method") or "POST",
            webhook.get("fallback_url") or "",
            webhook.get("fallback_method") or "POST",
        )


def _leads(url: str, ours: str) -> bool:
    """Whether an address is one of ours, perhaps over HTTP by mistake."""
    return url.partition("://")[2].startswith(ours.partition("://")[2])


def _findings(hook: _Hook, ours: str) -> Iterator[str]:
    parts = urlsplit(hook.url)
    if parts.scheme != "https":
        yield f"{hook.sender} calls us without encryption: set the address to begin with https."
    # The address is known to begin like ours (``_leads``); what is left is its end.
    if parts.path.rpartition("/twilio/")[2] not in ("sms", "whatsapp"):
        yield (
            f"{hook.sender} calls {parts.path}, which is no address of ours: set {ours}sms or {ours}whatsapp, "
            "without a slash at its end."
        )
    if hook.method.upper() != "POST":
        yield (
            f"{hook.sender} calls us by {hook.method.upper()}, which writes numbers and texts into the logs of proxies: set POST."
        )
    overrides = dict(pair.partition("=")[::2] for pair in parts.fragment.split("&"))
    if overrides.get("rc", "1") == "0" or not {"all", "5xx"} & set(overrides.get("rp", "").split(",")):
        yield f"{hook.sender} is not tried again when we fail: add #rc=2&rp=ct,rt,5xx to its address."
    if not hook.fallback_url:
        yield f"{hook.sender} has no fallback address: set {ours}fallback, or better a TwiML Bin with the same text."
    elif hook.fallback_method.upper() != "POST":
        yield f"{hook.sender} calls the fallback address by {hook.fallback_method.upper()}: set POST."


def _redaction(client: Any) -> list[str]:
    numbers = texts = False
    for record in client.messages.list(limit=50):
        # WhatsApp records are redacted only after a day, and only what came in shows the account's setting: what goes out
        # from here carries no other number.
        if record.direction != "inbound" or str(record.from_).startswith("whatsapp:"):
            continue
        numbers |= not str(record.from_).upper().endswith("XXXX")
        texts |= bool(str(record.body or "").strip("*Xx \n"))
    sentences = []
    if numbers:
        sentences.append("Twilio keeps whole numbers of inbound messages: switch on phone number redaction in its console.")
    if texts:
        sentences.append("Twilio keeps the texts of inbound messages: switch on message body redaction in its console.")
    return sentences

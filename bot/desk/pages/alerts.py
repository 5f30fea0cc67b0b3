"""Where one's own alerts go: forms on the page of the account.

Here belong these forms. Never here: addresses in a page (they are shown hidden), sending, who is told (``bot.alerts``).
"""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from bot.alerts.addresses import Addresses, NotOffered, TooSoon
from bot.alerts.ways import WAYS, BadAddress, Way
from bot.desk.routing import ANY_OF, page
from bot.desk.security import policy
from bot.desk.visit import Malformed, NotHere, Refused, Visit
from bot.desk.words import family
from bot.exchange import CannotDeliver, Unreachable
from bot.staff import audit

family("desk.alerts.way", WAYS)
family("desk.alerts.address", ("sms", "email"))
family("desk.alerts.confirm", ("telegram", "code"))

OWN: Final = ANY_OF("own_account")
#: Name of the policy by which ``push.js`` names the worker; nothing else may be named by it.
WORKER_POLICY: Final = "desk-worker"
#: Longer than any telephone number, mail address, or subscription of a browser.
_LONGEST: Final = 3000


async def ways_shown(visit: Visit) -> list[Any]:
    """The ways of this deployment with what this account has on each; empty where there are none."""
    if visit.desk.parts.alerts is None:
        return []
    return list(await visit.desk.parts.alerts.shown(visit.actor.id, visit.now))


@page("/account/push", allow=OWN)
async def push(visit: Visit) -> Response:
    """Where this browser is asked for its subscription. The one page whose script may name a worker."""
    addresses = visit.desk.parts.alerts
    if addresses is None or not addresses.push_key:
        raise NotHere
    response = visit.show("push.html", key=addresses.push_key)
    response.headers["content-security-policy"] = policy(visit.desk.frame, WORKER_POLICY)
    return response


@page("/account/alerts", methods=("POST",), allow=OWN)
async def begin(visit: Visit) -> Response:
    """Name an address; a code goes there. For Telegram: a phrase to be sent to the bot."""
    addresses, way, address = *_asked(visit), visit.field("address")
    if len(address) > _LONGEST:
        raise Malformed
    try:
        phrase = await addresses.begin(visit.actor.id, way, address, visit.now)
    except BadAddress:
        raise Refused("desk.alerts.bad_address", 422) from None
    except TooSoon:
        raise Refused("desk.alerts.too_soon", 429) from None
    except NotOffered:
        raise Malformed from None
    except (Unreachable, CannotDeliver):
        raise Refused("desk.alerts.not_sent", 502) from None
    return visit.show("alerts.html", way=way, phrase=phrase, wrong=False)


@page("/account/alerts/confirm", methods=("POST",), allow=OWN)
async def confirm(visit: Visit) -> Response:
    addresses, way = _asked(visit)
    try:
        right = await addresses.confirm(visit.actor.id, visit.field("code")[:40], visit.now)
    except CannotDeliver:
        raise Refused("desk.alerts.not_sent", 502) from None
    if not right:
        return visit.show("alerts.html", 422, way=way, phrase="", wrong=True)
    async with visit.engine.begin() as connection:
        await audit.record(connection, visit.actor.name, visit.actor.roles[0], "alerts_changed", visit.actor.name, visit.now)
    response = visit.go("/account", done="alerts")
    if way == "push":
        visit.desk.surroundings.keep_alerts(visit.request, response, True)
    return response


@page("/account/alerts/remove", methods=("POST",), allow=OWN)
async def remove(visit: Visit) -> Response:
    addresses, way = _asked(visit)
    await addresses.remove(visit.actor.id, way)
    async with visit.engine.begin() as connection:
        await audit.record(connection, visit.actor.name, visit.actor.roles[0], "alerts_changed", visit.actor.name, visit.now)
    response = visit.go("/account", done="alerts")
    if way == "push":
        visit.desk.surroundings.keep_alerts(visit.request, response, False)
    return response


def _asked(visit: Visit) -> tuple[Addresses, Way]:
    """Where addresses are kept, and which way the form names. Raises Malformed for one that no form of ours has."""
    addresses = visit.desk.parts.alerts
    way = next((each for each in WAYS if each == visit.field("way")), None)
    if addresses is None or way is None:
        raise Malformed
    return addresses, way

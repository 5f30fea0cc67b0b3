"""Updates of the Bot API as far as they are needed, and what a message means to the conversation.

Here belong the shapes that are decoded and the reading of one message. Names, titles, files and numbers of contacts are no
fields of any shape, so they are skipped undecoded. Never here: what is answered, anything that is sent.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from bot.exchange import Inbound, Person, Point, What
from flows.facts import Traits
from flows.kernel import Words

ALLOWED: Final = ("message", "edited_message", "callback_query", "my_chat_member")
"""What Telegram is asked to deliver."""
LANGUAGES: Final = ("es", "en", "pt")

_COMMAND = re.compile(r"/([A-Za-z_]{1,32})(?:@\w+)?(?:\s+(.*))?\Z", re.DOTALL)
_START = re.compile(r"(es|en|pt)?(?:[-_]?([a-z]{2}))?\Z", re.IGNORECASE)


# --- shapes ----------------------------------------------------------------------------------------------------------


class There(msgspec.Struct, gc=False):
    """Something that is only looked at for being there; its content is skipped undecoded."""


class Chat(msgspec.Struct, gc=False):
    id: int
    type: str = ""


class From(msgspec.Struct, gc=False):
    id: int
    is_bot: bool = False
    language_code: str = ""


class Location(msgspec.Struct, gc=False):
    latitude: float
    longitude: float
    live_period: int = 0


class Venue(msgspec.Struct, gc=False):
    location: Location


class Replied(msgspec.Struct, gc=False):
    message_id: int = 0
    sender: From | None = msgspec.field(default=None, name="from")


class Message(msgspec.Struct, gc=False):
    message_id: int
    chat: Chat
    sender: From | None = msgspec.field(default=None, name="from")
    text: str = ""
    caption: str = ""
    location: Location | None = None
    venue: Venue | None = None
    voice: There | None = None
    audio: There | None = None
    video_note: There | None = None
    photo: list[There] | None = None
    video: There | None = None
    animation: There | None = None
    document: There | None = None
    sticker: There | None = None
    contact: There | None = None
    media_group_id: str = ""
    reply_to_message: Replied | None = None
    # Notices of the app. The person said nothing.
    pinned_message: There | None = None
    message_auto_delete_timer_changed: There | None = None
    chat_background_set: There | None = None
    write_access_allowed: There | None = None
    connected_website: str = ""
    new_chat_title: str = ""
    forum_topic_created: There | None = None
    forum_topic_edited: There | None = None
    successful_payment: There | None = None

    def __repr__(self) -> str:
        return "Message(…)"


class Shown(msgspec.Struct, gc=False):
    """The message that carries a pressed button; ``date`` 0 means that we cannot reach it any more."""

    message_id: int
    chat: Chat
    date: int = 0


class Callback(msgspec.Struct, gc=False):
    id: str
    sender: From = msgspec.field(name="from")
    message: Shown | None = None
    data: str = ""

    def __repr__(self) -> str:
        return "Callback(…)"


class Member(msgspec.Struct, gc=False):
    status: str = ""


class MemberChange(msgspec.Struct, gc=False):
    chat: Chat
    new_chat_member: Member = msgspec.field(default_factory=Member)


class Update(msgspec.Struct, gc=False):
    """One update. Names, titles, files and numbers of contacts are not among the fields, so they are never decoded."""

    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: Callback | None = None
    my_chat_member: MemberChange | None = None

    def __repr__(self) -> str:
        return "Update(…)"


decode = msgspec.json.Decoder(Update).decode
"""bytes -> Update. Raises msgspec.DecodeError for anything that is none."""


# --- reading ---------------------------------------------------------------------------------------------------------


def inbound(update_id: int, person: Person, traits: Traits, message: Message, *, edited: bool = False) -> Inbound | None:
    """What a message means to the conversation; None where the person said nothing."""
    lang, key = lang_of(message.sender), str(update_id)
    where = message.location or (message.venue.location if message.venue else None)
    if edited:
        if where is not None or not (message.text or message.caption):
            return None
        return Inbound(person, traits, key, unreadable="edited", lang_hint=lang)
    text = message.text or message.caption
    if text:
        text, lang, country = _command(message.text, text, lang)
        return Inbound(person, traits, key, words=Words(text), lang_hint=lang, country_hint=country)
    if where is not None:
        if where.live_period:
            return Inbound(person, traits, key, unreadable="live", lang_hint=lang)
        return Inbound(person, traits, key, point=Point(where.latitude, where.longitude), lang_hint=lang)
    what = _what(message)
    return None if what is None else Inbound(person, traits, key, unreadable=what, lang_hint=lang)


def _command(typed: str, text: str, lang: str) -> tuple[str, str, str]:
    """A command without its mark: words, language, country. A link (``/start pt-BR``) may carry a language and a country, as
    hints, and nothing else: whatever else stands there is not looked at."""
    command = _COMMAND.match(typed) if typed.startswith("/") else None
    if command is None:
        return text, lang, ""
    name, rest = command[1], (command[2] or "").strip()
    if name.lower() != "start":
        return f"{name} {rest}".strip(), lang, ""
    payload = _START.match(rest)
    return (name, (payload[1] or lang).lower(), (payload[2] or "").upper()) if payload else (name, lang, "")


def _what(message: Message) -> What | None:
    if message.voice is not None or message.audio is not None or message.video_note is not None:
        return "voice"
    if message.photo is not None or message.video is not None or message.animation is not None:
        return "picture"
    if message.document is not None:
        return "file"
    if message.sticker is not None:
        return "sticker"
    if message.contact is not None:
        return "contact"
    notices = (
        message.pinned_message, message.message_auto_delete_timer_changed, message.chat_background_set,
        message.write_access_allowed, message.forum_topic_created, message.forum_topic_edited, message.successful_payment,
    )  # fmt: skip
    if message.connected_website or message.new_chat_title or any(notice is not None for notice in notices):
        return None
    return "other"


def lang_of(sender: From | None) -> str:
    """Language of the person's app, where it is one of ours."""
    code = sender.language_code[:2].lower() if sender is not None else ""
    return code if code in LANGUAGES else ""


def chat_of(update: Update) -> Chat | None:
    message = update.message or update.edited_message
    if message is not None:
        return message.chat
    query = update.callback_query
    return query.message.chat if query is not None and query.message is not None else None


def sender_of(update: Update) -> From | None:
    message = update.message or update.edited_message
    if message is not None:
        return message.sender
    return update.callback_query.sender if update.callback_query is not None else None

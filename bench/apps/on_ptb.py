"""The five steps on python-telegram-bot's ConversationHandler, its state saved to Redis after each turn.

    python on_ptb.py PORT REDIS_URL API_URL

Without saving after each turn a conversation ends with its process, and two processes disagree.
"""

from __future__ import annotations

import hmac
import json
import sys
from contextlib import asynccontextmanager
from typing import Any

import texts  # beside this file
import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import KeyboardButton, ReplyKeyboardMarkup, Update
from telegram.ext import (
    Application,
    BasePersistence,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PersistenceInput,
    filters,
)

MENU, PLACE, KIND, RESULTS = range(4)
Context = ContextTypes.DEFAULT_TYPE


class RedisPersistence(BasePersistence[dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """Conversations and what a person chose, a key each, forgotten after 20 minutes."""

    def __init__(self, url: str) -> None:
        super().__init__(PersistenceInput(bot_data=False, chat_data=False, callback_data=False), update_interval=3600)
        self.redis = Redis.from_url(url)

    async def get_user_data(self) -> dict[int, dict[Any, Any]]:
        return {}

    async def get_chat_data(self) -> dict[int, dict[Any, Any]]:
        return {}

    async def get_bot_data(self) -> dict[Any, Any]:
        return {}

    async def get_callback_data(self) -> None:
        return None

    async def get_conversations(self, name: str) -> dict[Any, Any]:
        return {}

    async def update_conversation(self, name: str, key: tuple[Any, ...], new_state: object | None) -> None:
        await self.redis.set(f"ptb:{name}:{key}", json.dumps(new_state), ex=1200)

    async def update_user_data(self, user_id: int, data: dict[Any, Any]) -> None:
        await self.redis.set(f"ptb:user:{user_id}", json.dumps(data), ex=1200)

    async def update_chat_data(self, chat_id: int, data: dict[Any, Any]) -> None: ...

    async def update_bot_data(self, data: dict[Any, Any]) -> None: ...

    async def update_callback_data(self, data: Any) -> None: ...

    async def refresh_user_data(self, user_id: int, user_data: dict[Any, Any]) -> None: ...

    async def refresh_chat_data(self, chat_id: int, chat_data: dict[Any, Any]) -> None: ...

    async def refresh_bot_data(self, bot_data: dict[Any, Any]) -> None: ...

    async def drop_user_data(self, user_id: int) -> None: ...

    async def drop_chat_data(self, chat_id: int) -> None: ...

    async def flush(self) -> None: ...


def keyboard(labels: list[str]) -> ReplyKeyboardMarkup:
    return ReplyKeyboardMarkup([[KeyboardButton(label)] for label in labels], resize_keyboard=True)


async def hello(update: Update, context: Context) -> int:
    await update.message.reply_text(texts.HELLO, reply_markup=keyboard(texts.MENU))
    return MENU


async def menu(update: Update, context: Context) -> int:
    await update.message.reply_text(texts.WHERE)
    return PLACE


async def place(update: Update, context: Context) -> int:
    context.user_data["place"] = update.message.text
    await update.message.reply_text(texts.KIND.format(place=update.message.text), reply_markup=keyboard(texts.KINDS))
    return KIND


async def kind(update: Update, context: Context) -> int:
    context.user_data["kind"] = update.message.text
    text = texts.results(context.user_data["place"], update.message.text)
    await update.message.reply_text(text, reply_markup=keyboard(["1", "2", "3"]))
    return RESULTS


async def details(update: Update, context: Context) -> int:
    context.user_data["seen"] = update.message.text
    await update.message.reply_text(texts.details(int(update.message.text)))
    return RESULTS


def main(port: int, redis_url: str, api: str) -> None:
    application = (
        Application.builder()
        .token("123456789:" + "a" * 35)
        .base_url(f"{api}/bot")
        .updater(None)
        .connection_pool_size(64)
        .persistence(RedisPersistence(redis_url))
        .build()
    )
    application.add_handler(
        ConversationHandler(
            entry_points=[CommandHandler("start", hello)],
            states={
                MENU: [MessageHandler(filters.Text([texts.MENU[0]]), menu)],
                PLACE: [MessageHandler(filters.TEXT & ~filters.COMMAND, place)],
                KIND: [MessageHandler(filters.Text(texts.KINDS), kind)],
                RESULTS: [MessageHandler(filters.Text(["1", "2", "3"]), details)],
            },
            fallbacks=[CommandHandler("start", hello)],
            name="journey",
            persistent=True,
            allow_reentry=True,
        )
    )

    async def webhook(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("x-telegram-bot-api-secret-token", ""), "s" * 32):
            return Response(status_code=403)
        await application.process_update(Update.de_json(await request.json(), application.bot))
        await application.update_persistence()
        return Response()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        async with application:
            await application.start()
            yield
            await application.stop()

    app = Starlette(routes=[Route("/telegram", webhook, methods=["POST"])], lifespan=lifespan)
    uvicorn.run(app, port=port, log_config=None, access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])

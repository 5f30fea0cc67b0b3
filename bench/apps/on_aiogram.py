"""The five steps on aiogram 3 as its handbook writes them: states in RedisStorage, filters, the answer in the webhook's body.

    python on_aiogram.py PORT REDIS_URL API_URL

This is its quickest form: no second call to Telegram, uvloop, hiredis.
"""

from __future__ import annotations

import sys
from typing import Any

import texts  # beside this file
import uvloop
from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.redis import RedisStorage
from aiogram.types import KeyboardButton, Message, ReplyKeyboardMarkup
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

router = Router()


class Steps(StatesGroup):
    menu = State()
    place = State()
    kind = State()
    results = State()


def keyboard(labels: list[str]) -> ReplyKeyboardMarkup:
    return ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text=label)] for label in labels], resize_keyboard=True)


@router.message(CommandStart())
async def hello(message: Message, state: FSMContext) -> Any:
    await state.clear()
    await state.set_state(Steps.menu)
    return message.answer(texts.HELLO, reply_markup=keyboard(texts.MENU))


@router.message(Steps.menu, F.text == texts.MENU[0])
async def menu(message: Message, state: FSMContext) -> Any:
    await state.set_state(Steps.place)
    return message.answer(texts.WHERE)


@router.message(Steps.place, F.text)
async def place(message: Message, state: FSMContext) -> Any:
    await state.update_data(place=message.text)
    await state.set_state(Steps.kind)
    return message.answer(texts.KIND.format(place=message.text), reply_markup=keyboard(texts.KINDS))


@router.message(Steps.kind, F.text.in_(texts.KINDS))
async def kind(message: Message, state: FSMContext) -> Any:
    data = await state.update_data(kind=message.text)
    await state.set_state(Steps.results)
    return message.answer(texts.results(data["place"], data["kind"]), reply_markup=keyboard(["1", "2", "3"]))


@router.message(Steps.results, F.text.in_({"1", "2", "3"}))
async def details(message: Message, state: FSMContext) -> Any:
    await state.update_data(seen=message.text)
    return message.answer(texts.details(int(message.text or "1")))


def main(port: int, redis_url: str, api: str) -> None:
    bot = Bot("123456789:" + "a" * 35, session=AiohttpSession(api=TelegramAPIServer.from_base(api)))
    dispatcher = Dispatcher(storage=RedisStorage.from_url(redis_url, state_ttl=1200, data_ttl=1200))
    dispatcher.include_router(router)
    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token="s" * 32).register(app, path="/telegram")
    setup_application(app, dispatcher, bot=bot)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, loop=uvloop.new_event_loop())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])

"""The test servers themselves: they start, they are the real thing, and two of them never meet."""

from __future__ import annotations

import urllib.request

import redis
import sqlalchemy
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.servers import Redis, postgres_database, serving


def test_redis_is_fresh_and_keeps_nothing_on_disk(fresh_redis: str) -> None:
    with redis.Redis.from_url(fresh_redis) as client:
        assert client.dbsize() == 0
        assert client.set("a", b"1", px=60_000)


def test_own_redis_can_fail_and_come_back(own_redis: Redis) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        client.set("a", 1)
        assert client.config_get("save")["save"] == "" and client.config_get("appendonly")["appendonly"] == "no"
    own_redis.stop()
    own_redis.start()
    with redis.Redis.from_url(own_redis.url) as client:
        assert client.get("a") is None


def test_two_databases_never_meet(fresh_postgres: str, postgres_url: str) -> None:
    with postgres_database(postgres_url) as other:
        for url in (fresh_postgres, other):
            engine = sqlalchemy.create_engine(url)
            with engine.begin() as connection:
                connection.execute(sqlalchemy.text("CREATE TABLE only_one (id int)"))
            engine.dispose()


def test_an_application_is_served_on_a_free_port() -> None:
    async def hello(request: object) -> PlainTextResponse:
        return PlainTextResponse("hello")

    app = Starlette(routes=[Route("/", hello)])
    with serving(app) as first, serving(app) as second:
        assert first != second
        for base in (first, second):
            with urllib.request.urlopen(base) as answer:
                assert answer.read() == b"hello"

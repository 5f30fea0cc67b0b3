"""The shared connection: one write for all commands of a pass, answers in order, and an honest end when it is lost."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.exchange import StoreDown
from bot.redis_batch import BatchedRedis, ReplyError
from tests.servers import Redis, free_port


class Wire:
    """A wire to a Redis server, over TCP, that can be cut and can go silent."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.silent = False
        self.port = 0

    async def lay(self, tls: ssl.SSLContext | None = None) -> Wire:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._target.scheme == "unix":
            far_reader, far_writer = await asyncio.open_unix_connection(self._target.path)
        else:
            far_reader, far_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._writers += [writer, far_writer]

        async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    if not self.silent:
                        sink.write(data)
            sink.close()

        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        await asyncio.sleep(0.02)


@pytest.fixture
async def wire(fresh_redis: str) -> AsyncIterator[Wire]:
    laid = await Wire(fresh_redis).lay()
    yield laid
    await laid.cut()


@contextlib.asynccontextmanager
async def connected(url: str, **options: Any) -> AsyncIterator[BatchedRedis]:
    client = BatchedRedis(url, **options)
    try:
        yield client
    finally:
        await client.close()


class Counting:
    """Stands before a transport and counts what is written."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.writes = 0

    def write(self, data: bytes) -> None:
        self.writes += 1
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


async def test_all_commands_of_a_pass_are_one_write_and_answers_keep_their_order(fresh_redis: str) -> None:
    """Mutation: writing in ``send`` instead of ``_flush`` (64 writes), or ``pop`` instead of ``popleft``."""
    async with connected(fresh_redis) as client:
        await client.execute("PING")
        assert client._link is not None
        counting = Counting(client._link._transport)
        client._link._transport = counting  # type: ignore[assignment]

        async def turn(number: int) -> bytes:
            return await client.execute("ECHO", number)

        assert await asyncio.gather(*(turn(n) for n in range(64))) == [str(n).encode() for n in range(64)]
        assert counting.writes == 1


async def test_the_first_commands_share_one_connection(fresh_redis: str) -> None:
    """Mutation: dialling in every ``_connect`` although one is under way."""
    async with connected(fresh_redis) as client:
        numbers = await asyncio.gather(*(client.execute("CLIENT", "ID") for _ in range(20)))
        assert len(set(numbers)) == 1


async def test_every_kind_of_answer(fresh_redis: str) -> None:
    async with connected(fresh_redis) as client:
        assert await client.execute("SET", b"\x00k", b"\r\n$5\r\n") == b"OK"
        assert await client.execute("GET", b"\x00k") == b"\r\n$5\r\n"
        assert await client.execute("GET", "missing") is None
        assert await client.execute("INCRBY", "n", 3) == 3
        assert await client.execute("EVAL", "return {1, 'a', {}, false}", 0) == [1, b"a", [], None]
        large = b"x" * 3_000_000
        await client.execute("SET", "large", large)
        assert await client.execute("GET", "large") == large


async def test_a_refused_command_disturbs_no_other(fresh_redis: str) -> None:
    async with connected(fresh_redis) as client:
        results = await asyncio.gather(
            client.execute("ECHO", "a"), client.execute("NOSUCH"), client.execute("ECHO", "b"), return_exceptions=True
        )
        assert (results[0], results[2]) == (b"a", b"b") and isinstance(results[1], ReplyError)


async def test_whoever_gives_up_takes_no_answer_from_the_others(fresh_redis: str) -> None:
    """Mutation: removing a cancelled future from the queue (all later answers would move up by one)."""
    async with connected(fresh_redis) as client:
        await client.execute("PING")

        async def ask(text: str) -> bytes:
            return await client.execute("ECHO", text)

        tasks = [asyncio.create_task(ask(str(n))) for n in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        assert [await tasks[0], await tasks[2]] == [b"0", b"2"]


async def test_a_cut_wire_fails_what_is_pending_and_heals_by_itself(wire: Wire) -> None:
    """Mutation: not failing the pending futures in ``connection_lost`` (the turn would hang)."""
    async with connected(f"redis://127.0.0.1:{wire.port}") as client:
        await client.execute("SET", "a", 1)
        wire.silent = True
        pending = asyncio.create_task(asyncio.wait_for(client.execute("GET", "a"), 10))
        await asyncio.sleep(0.02)
        await wire.cut()
        with pytest.raises(StoreDown):
            await pending
        with pytest.raises(StoreDown):
            await client.execute("GET", "a")
        wire.silent = False
        await wire.lay()
        await asyncio.sleep(0.15)  # it does not dial anew for every turn
        assert await client.execute("GET", "a") == b"1"


async def test_a_silent_server_is_given_up(wire: Wire) -> None:
    """Mutation: not arming ``_look`` (a hung server would hold every turn)."""
    async with connected(f"redis://127.0.0.1:{wire.port}", timeout=0.1) as client:
        await client.execute("PING")
        wire.silent = True
        with pytest.raises(StoreDown, match="does not answer"):
            await asyncio.wait_for(client.execute("PING"), 10)
        wire.silent = False
        assert await client.execute("PING") == b"PONG"


async def test_a_server_that_is_not_redis_is_given_up() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with connected(f"redis://127.0.0.1:{port}", timeout=1) as client:
        with pytest.raises(StoreDown):
            await client.execute("PING")
    server.close()


async def test_nobody_listens() -> None:
    async with connected(f"redis://127.0.0.1:{free_port()}", timeout=1) as client:
        for _ in range(3):
            with pytest.raises(StoreDown):
                await client.execute("PING")


async def test_password_and_database_come_from_the_url(own_redis: Redis) -> None:
    """Mutation: leaving SELECT out of ``_dial`` (sessions would land in database 0)."""
    with redis.Redis.from_url(own_redis.url) as admin:
        admin.config_set("requirepass", "open sesame")
    async with connected(f"unix://:open%20sesame@{own_redis.socket}?db=3") as client:
        await client.execute("SET", "a", 1)
    with redis.Redis.from_url(own_redis.url, password="open sesame", db=3) as admin:
        assert admin.get("a") == b"1"
    async with connected(f"unix://:wrong-canary@{own_redis.socket}") as client:
        with pytest.raises(StoreDown, match="WRONGPASS") as caught:
            await client.execute("PING")
        assert "canary" not in str(caught.value)
    async with connected(own_redis.url) as client:
        with pytest.raises(ReplyError, match="NOAUTH"):
            await client.execute("PING")


def test_a_wrong_address_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match="redis://") as caught:
        BatchedRedis("http://:canary@localhost")
    assert "canary" not in str(caught.value) and caught.value.__cause__ is None


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "c.pem", folder / "k.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


async def test_tls_is_used_and_certificates_are_checked(fresh_redis: str, tmp_path: Path) -> None:
    """Mutation: passing ``ssl=None`` in ``_dial``; or a context that checks nothing."""
    public, private = _certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    laid = await Wire(fresh_redis).lay(tls=context)
    async with connected(f"rediss://127.0.0.1:{laid.port}?ssl_ca_certs={public}") as client:
        assert await client.execute("PING") == b"PONG"
    async with connected(f"rediss://127.0.0.1:{laid.port}") as client:
        with pytest.raises(StoreDown):
            await client.execute("PING")
    await laid.cut()


async def test_closing_waits_for_the_last_answer_and_is_final(fresh_redis: str) -> None:
    """Mutation: closing the transport before ``_flush`` ran (what was asked last would be lost)."""
    client = BatchedRedis(fresh_redis)
    await client.execute("PING")
    last = client.execute("SET", "last", 1)
    await client.close()
    assert await last == b"OK"
    with pytest.raises(StoreDown, match="closed"):
        await client.execute("PING")

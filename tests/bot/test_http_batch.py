"""Small calls in batches, against real servers that answer well, badly, late or not at all."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import http_batch
from bot.http_batch import Posts

ANSWER = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 4\r\n\r\ntrue"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ntrue"


class Server:
    """Reads calls; ``answers`` says what is written for the n-th one: bytes, or None to hang up."""

    def __init__(self, answers: Callable[[int], bytes | None]) -> None:
        self.answers = answers
        self.bodies: list[bytes] = []
        self.heads: list[bytes] = []
        self.reads = 0
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        read = b""
        while data := await reader.read(1 << 16):
            self.reads += 1
            read += data
            while (end := read.find(b"\r\n\r\n")) >= 0:
                length = int(read[:end].lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                if len(read) < end + 4 + length:
                    break
                self.heads.append(read[:end])
                self.bodies.append(read[end + 4 : end + 4 + length])
                read = read[end + 4 + length :]
                answer = self.answers(len(self.bodies))
                if answer is None:
                    writer.transport.abort()
                    return
                writer.write(answer)
                if b"close" in answer:
                    await writer.drain()
                    writer.close()
                    return
        writer.close()


@asynccontextmanager
async def served(
    answers: Callable[[int], bytes | None], context: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Server, int]]:
    server = Server(answers)
    listener = await asyncio.start_server(server, "127.0.0.1", 0, ssl=context)
    try:
        yield server, listener.sockets[0].getsockname()[1]
    finally:
        listener.close()


async def test_calls_of_one_tick_share_a_write_and_arrive_once_in_order() -> None:
    async with served(lambda n: ANSWER) as (server, port):
        posts = Posts(f"http://127.0.0.1:{port}/bot1:secret/answer")
        for number in range(10):
            posts.post(b"%d" % number)
        await posts.settle()
        assert server.bodies == [b"%d" % number for number in range(10)]
        assert server.reads == 1 and server.connections == 1
        assert server.heads[0].startswith(b"POST /bot1:secret/answer HTTP/1.1\r\nHost: 127.0.0.1:")
        assert (posts.answered, posts.dropped) == (10, 0)
        assert "secret" not in repr(posts)
        await posts.aclose()


@given(cuts=st.lists(st.integers(1, len(ANSWER) * 5), max_size=8), count=st.integers(1, 5))
@settings(max_examples=60, deadline=None)
async def test_answers_may_be_cut_anywhere(cuts: list[int], count: int) -> None:
    posts = Posts("http://127.0.0.1:1/x")
    posts.loop = asyncio.get_running_loop()
    connection = http_batch._Connection(posts)
    connection.unanswered.extend(http_batch._Call(b"") for _ in range(count))
    posts._connections.append(connection)
    stream = ANSWER * count
    edges = sorted({0, *(cut for cut in cuts if cut < len(stream)), len(stream)})
    for start, end in pairwise(edges):
        connection.data_received(stream[start:end])
    assert posts.answered == count and not connection.unanswered


async def test_a_server_that_closes_after_some_answers_loses_nothing() -> None:
    """Mutation: forgetting the calls that were written on a connection and not answered."""
    async with served(lambda n: LAST if n % 7 == 0 else ANSWER) as (server, port):
        posts = Posts(f"http://127.0.0.1:{port}/x")
        for number in range(6):
            for one in range(5):
                posts.post(b"%d.%d" % (number, one))
            await posts.settle()
        assert set(server.bodies) == {b"%d.%d" % (number, one) for number in range(6) for one in range(5)}
        assert posts.dropped == 0
        await posts.aclose()


@pytest.mark.parametrize("answer", [None, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
async def test_a_server_that_hangs_up_or_answers_strangely_is_asked_twice_and_no_more(answer: bytes | None) -> None:
    async with served(lambda n: answer) as (server, port):
        posts = Posts(f"http://127.0.0.1:{port}/x")
        posts.post(b"one")
        await posts.settle()
        assert server.bodies == [b"one", b"one"] and posts.dropped == 1
        await posts.aclose()


async def test_nobody_there_is_no_error_and_the_next_call_tries_again() -> None:
    async with served(lambda n: ANSWER) as (server, port):
        posts = Posts(f"http://127.0.0.1:{port}/x")
        posts._port = 1
        posts.post(b"lost")
        await posts.settle()
        assert posts.dropped == 1
        posts._port = port
        posts.post(b"found")
        await posts.settle()
        assert server.bodies == [b"found"]
        await posts.aclose()
        posts.post(b"too late")
        assert posts.dropped == 2


async def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_batch, "SECONDS", 0.05)
    async with served(lambda n: b"") as (server, port):
        posts = Posts(f"http://127.0.0.1:{port}/x")
        posts.post(b"one")
        await posts.settle()
        assert server.bodies == [b"one", b"one"] and posts.dropped == 1
        await posts.aclose()


async def test_a_long_queue_opens_more_connections_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(lambda n: ANSWER) as (server, port):
        posts = Posts(f"http://127.0.0.1:{port}/x")
        for number in range(2000):
            posts.post(b"%d" % number)
            if number % 100 == 0:
                await asyncio.sleep(0)
        await posts.settle()
        assert len(server.bodies) == 2000 and 1 < server.connections <= http_batch.CONNECTIONS
        await posts.aclose()


async def test_over_tls_the_certificate_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: a context that trusts everybody, or no name to check."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = _certificate(tmp_path)
    context.load_cert_chain(authority)
    async with served(lambda n: ANSWER, context) as (server, port):
        stranger = Posts(f"https://localhost:{port}/x")
        stranger._host = "127.0.0.1"
        stranger.post(b"one")
        await stranger.settle()
        assert stranger.dropped == 1 and not server.bodies
        trusting = ssl.create_default_context(cafile=str(authority))
        monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
        known = Posts(f"https://localhost:{port}/x")
        known.post(b"one")
        await known.settle()
        assert server.bodies == [b"one"]
        await known.aclose()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path

"""Load: requests over kept connections to a server of this machine, bounded in number; a plain socket client, so that it costs little."""

import asyncio
import statistics
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    per_second: float
    p50_ms: float
    p99_ms: float


def request(path: str, body: bytes | None, port: int, key: str = "") -> bytes:
    method = "GET" if body is None else "POST"
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    if key:
        head += f"Authorization: Bearer {key}\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + (body or b"")


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: bytes) -> None:
    writer.write(asked)
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.split(b"\r\n", 1)[0], head
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    await reader.readexactly(length)


async def _connection(port: int, requests: list[bytes], spent: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for asked in requests:
        began = time.perf_counter()
        await _ask(reader, writer, asked)
        spent.append(time.perf_counter() - began)
    writer.close()
    await writer.wait_closed()


def load(port: int, requests: list[bytes], connections: int) -> Measured:
    """Send all requests over so many connections at once, each waiting for its answer before the next."""

    async def all_of_them() -> list[float]:
        spent: list[float] = []
        await asyncio.gather(*(_connection(port, requests[i::connections], spent) for i in range(connections)))
        return spent

    began = time.perf_counter()
    spent = asyncio.run(all_of_them())
    whole = time.perf_counter() - began
    return Measured(len(spent) / whole, statistics.median(spent) * 1e3, sorted(spent)[int(len(spent) * 0.99)] * 1e3)

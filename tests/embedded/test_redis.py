"""Redis from the wheel: its socket, its durability."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError

from embedded.redis import RedisServer


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[RedisServer]:
    with RedisServer(folder / "redis") as running:
        yield running


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_it_never_evicts_and_appends(server: RedisServer) -> None:
    with Redis.from_url(server.url) as client:
        assert client.info("server")["redis_version"].startswith("6.2.")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_one_that_keeps_nothing_has_a_bound_and_writes_no_data(folder: Path) -> None:
    server = RedisServer(folder / "images", name="images", durable=False, max_bytes=4 << 20)

    def fill() -> None:
        for number in range(8):
            client.set(str(number), bytes(1 << 20))

    with server, Redis.from_url(server.url) as client:
        client.set("photograph", bytes(1 << 20))
        with pytest.raises(OutOfMemoryError):
            fill()
        assert client.get("photograph") == bytes(1 << 20)
    assert sorted(path.name for path in (folder / "images").iterdir() if path.is_file()) == [
        "redis.conf", "redis.log",
    ]  # fmt: skip


def test_only_a_private_socket_listens(server: RedisServer) -> None:
    with Redis.from_url(server.url) as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.info("server")["tcp_port"] == 0
    assert _mode(server.socket) == 0o600
    assert _mode(server.data_dir) == 0o700
    assert _mode(server.socket.parent) & 0o067 == 0


def test_starting_twice_is_starting_once(server: RedisServer) -> None:
    again = RedisServer(server.data_dir)
    again.start()

    assert again.pid == server.pid


def test_data_survive_kill_9(folder: Path) -> None:
    server = RedisServer(folder / "killed")
    server.start()
    with Redis.from_url(server.url) as client:
        client.set("kept", "42")
    server.kill()
    assert server.pid is None

    with server, Redis.from_url(server.url) as client:
        assert client.get("kept") == b"42"


def test_a_long_or_odd_path_is_no_trouble(folder: Path) -> None:
    server = RedisServer(folder / ('it\'s 100% "o";k ' + "x" * 110))
    with server, Redis.from_url(server.url) as client:
        assert len(os.fsencode(server.socket)) <= 107
        assert client.ping()
    server.socket.parent.rmdir()

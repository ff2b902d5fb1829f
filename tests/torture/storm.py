"""Predictions of every kind while their worker is killed and Redis restarted.

`Platform` is a web server and a predict worker with Redis servers of their own, so that what is
harmed here harms no other test. `Storm` asks, does the harm and checks every answer: it is a right
one, or a clean 503.
"""

import json
import random
import signal
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from embedded.redis import RedisServer
from tests.conftest import Stack, answers, free_port, wait_until

# Of a call: until then there is an answer or a 503 (ten seconds, and what a busy machine adds).
LONGEST_SECONDS = 40.0


class Platform:
    """A web server and a predict worker on the database of the tests."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.redis = {
            "queues": RedisServer(folder / "queues"),
            "images": RedisServer(folder / "images", durable=False, max_bytes=512 << 20),
        }
        for server in self.redis.values():
            server.start()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.stack = Stack(
            url=self.url,
            logs=stack.logs,
            environment={
                **stack.environment,
                "REDIS_URL": self.redis["queues"].url,
                "LOUPE_IMAGES_REDIS_URL": self.redis["images"].url,
                "LOUPE_PUBLIC_URL": self.url,
            },
        )
        self.stack.start(
            "storm-web", "uvicorn", "config.asgi:application", "--port", str(port),
            "--no-proxy-headers", *("--http", "common.head_time:HeadTimeProtocol"),
        )  # fmt: skip
        self.start_worker()
        wait_until(lambda: answers(f"{self.url}/healthz/ready"), 60)

    def start_worker(self) -> None:
        """Start the predict worker, as a supervisor does."""
        self.stack.start("storm-predict", "manage", "serve_predictions")

    def kill_worker(self) -> None:
        """Kill the worker with all that it has at hand; its model process ends with it."""
        process = self.stack.processes.pop("storm-predict")
        process.send_signal(signal.SIGKILL)
        process.wait()

    def restart_redis(self, name: str, away: float) -> None:
        """Stop a Redis, with what waits in it, and start it after so many seconds."""
        self.redis[name].stop()
        time.sleep(away)
        self.redis[name].start()

    def stop(self) -> None:
        """End everything."""
        for name in list(self.stack.processes):
            self.stack.stop(name, signal.SIGTERM)
        for server in self.redis.values():
            server.stop()


@dataclass(frozen=True)
class Picture:
    """An image and the class it must be answered with."""

    content: bytes
    class_name: str


@dataclass
class Seen:
    """What the calls of a storm came to."""

    answered: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    longest: float = 0.0


class Storm:
    """Calls of all kinds by several clients, in the order of a seed, and harm meanwhile."""

    def __init__(
        self, platform: Platform, path: str, secret: str, pictures: list[Picture], seed: int
    ) -> None:
        self._platform = platform
        self._url = platform.url + path
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._pictures = pictures
        self._rng = random.Random(seed)
        self._lock = threading.Lock()
        self.seen = Seen()
        self.harm: Counter[str] = Counter()

    def rage(self, calls: int, clients: int, pause: Callable[[random.Random], float]) -> None:
        """Ask so often, with so many clients at a time; harm comes after each `pause`."""
        order = [(self._rng.choice(KINDS), self._rng.random()) for _ in range(calls)]
        # The harm is done by this thread: a Redis ends with the thread that has started it.
        with ThreadPoolExecutor(clients) as pool:
            asked = [pool.submit(self._ask, call) for call in order]
            self._harm(asked, pause)
        for each in asked:
            each.result()

    def _harm(self, asked: list[Future[None]], pause: Callable[[random.Random], float]) -> None:
        rng = random.Random(self._rng.random())
        ways = ["worker", "images", "worker", "queues"]
        while wait(asked, timeout=pause(rng)).not_done:
            way = ways[sum(self.harm.values()) % len(ways)]
            if way == "worker":
                self._platform.kill_worker()
                time.sleep(rng.uniform(0, 1))
                self._platform.start_worker()
            else:
                self._platform.restart_redis(way, rng.uniform(0, 1))
            self.harm[way] += 1

    def _ask(self, call: tuple[str, float]) -> None:
        kind, draw = call
        chosen = random.Random(draw).choices(self._pictures, k=3)
        began = time.monotonic()
        try:
            answer = ASK[kind](self._url, self._headers, chosen)
            fault = self._judge(kind, chosen, answer)
        except requests.RequestException as error:
            fault = f"{kind}: {error!r}"
        took = time.monotonic() - began
        with self._lock:
            self.seen.longest = max(self.seen.longest, took)
            if fault:
                self.seen.faults.append(fault)

    def _judge(self, kind: str, chosen: list[Picture], answer: requests.Response) -> str:
        """Return what is wrong with an answer, empty where nothing is."""
        said = {}
        with suppress(json.JSONDecodeError):
            said = answer.json()
        if answer.status_code == 503:
            clean = (
                answer.headers.get("Content-Type") == "application/problem+json"
                and answer.headers.get("Retry-After", "").isdigit()
                and said.get("detail")
            )
            with self._lock:
                self.seen.refused[said.get("code", "?")] += 1
            return "" if clean else f"{kind}: an unclean 503: {answer.text[:200]}"
        if answer.status_code != 200:
            return f"{kind}: {answer.status_code} {answer.text[:200]}"
        entries = said["predictions"]
        told = [entry["classes"][0]["class_name"] for entry in entries if entry["status"] == 200]
        expected = EXPECTED[kind](chosen)
        with self._lock:
            self.seen.answered[kind] += 1
            for entry in entries:
                if entry["status"] == 200:
                    self.seen.ids.append(entry["id"])
                    self.seen.kept += [entry["id"]] if entry.get("kept") else []
        return "" if told == expected else f"{kind}: {told} in place of {expected}"


def _form(url: str, headers: dict, pictures: list[Picture], **more) -> requests.Response:
    files = [("images", (f"{n}.png", each.content)) for n, each in enumerate(pictures)]
    return requests.post(url, files=files, headers=headers, timeout=LONGEST_SECONDS, **more)


def _broken(url: str, headers: dict, chosen: list[Picture]) -> requests.Response:
    return _form(url, headers, [chosen[0], Picture(b"no image", ""), chosen[1]])


def _json(url: str, headers: dict, chosen: list[Picture]) -> requests.Response:
    body = {"images": [b64encode(each.content).decode() for each in chosen[:2]]}
    return requests.post(url, json=body, headers=headers, timeout=LONGEST_SECONDS)


ASK: dict[str, Callable[[str, dict, list[Picture]], requests.Response]] = {
    "express": lambda url, headers, chosen: _form(url, headers, chosen[:1]),
    "view": lambda url, headers, chosen: _form(
        url, {**headers, "Accept": "application/json, text/plain"}, chosen[:1]
    ),
    "json": _json,
    "combine": lambda url, headers, chosen: _form(
        url, headers, [chosen[0], chosen[0]], data={"combine": "true"}
    ),
    "several, one broken": _broken,
}
EXPECTED: dict[str, Callable[[list[Picture]], list[str]]] = {
    "express": lambda chosen: [chosen[0].class_name],
    "view": lambda chosen: [chosen[0].class_name],
    "json": lambda chosen: [each.class_name for each in chosen[:2]],
    "combine": lambda chosen: [chosen[0].class_name],
    "several, one broken": lambda chosen: [each.class_name for each in chosen[:2]],
}
KINDS = list(ASK)

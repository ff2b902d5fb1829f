"""One person's flood of predictions and uploads, and what another person feels of it."""

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from pathlib import Path

import numpy as np
import requests
from PIL import Image

from tests import factories
from tests.attack.chapter import Attack, Chapter
from tests.attack.memory import MemoryWatch
from tests.attack.world import bearer, signed_in
from tests.datasets.conftest import encoded
from tests.servers import REPOSITORY_DIR

PREDICTIONS, UPLOADS, TRIES = 200, 50, 20
PAGE_SECONDS, PREDICTION_SECONDS = 1.0, 2.0
MEMORY_BYTES = 6 * 10**9
ANSWERS = {"200", "207", "409", "413", "422", "429", "503"}
# How long to wait for a platform that hardly answers.
SECONDS = 240
PHOTOGRAPHS = REPOSITORY_DIR.parent / "shared" / "data" / "animals.zip"


def attack(attack: Attack, chapter: Chapter) -> None:
    """Send the flood, ask as another person meanwhile, and watch the memory of everything."""
    predictions, uploads, tries = (6, 2, 2) if attack.short else (PREDICTIONS, UPLOADS, TRIES)
    other = _Bystander(attack)
    other.ask()  # the first question loads the model
    calm = other.times(5)
    with tempfile.TemporaryDirectory() as folder, MemoryWatch() as memory:
        with _Flood(attack, Path(folder), predictions, uploads) as flood:
            during = other.times(tries)
    odd = {status: count for status, count in flood.answers.items() if status not in ANSWERS}
    chapter.check(
        not odd, "every request of the flood has an answer, and none is 500", flood.answers
    )
    pages, asked = (statistics.median(one) for one in during)
    chapter.check(not other.refused, "every request of another person is answered", other.refused)
    if not attack.short:
        chapter.check(len(during[0]) == tries, "another gets through in time", len(during[0]))
        chapter.check(pages < PAGE_SECONDS, "another's page under 1 s", f"{pages:.2f} s")
        chapter.check(asked < PREDICTION_SECONDS, "prediction under 2 s", f"{asked:.2f} s")
        chapter.check(memory.most < MEMORY_BYTES, "memory below 6 GB", f"{memory.most:,}")
    largest = sorted(memory.by_name.items(), key=lambda one: -one[1])
    chapter.figures += [
        f"{predictions} predictions and {uploads} uploads at a time for {flood.seconds:.0f} s: "
        + ", ".join(f"{status} × {count}" for status, count in sorted(flood.answers.items())),
        _told("page", calm[0], during[0]),
        _told("prediction", calm[1], during[1]),
        f"memory of the platform at most {memory.most / 1e9:.2f} GB: "
        + ", ".join(f"{name} {size / 1e9:.2f}" for name, size in largest),
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end",
    ]


def _told(what: str, calm: list[float], during: list[float]) -> str:
    median, before = statistics.median(during), statistics.median(calm)
    return (
        f"another's {what}, median of {len(during)}: {median:.2f} s, longest {max(during):.2f} s; "
        f"before the flood {before:.2f} s"
    )


class _Flood:
    """The requests of one person: photographs, blank images of 50 megapixels, and uploads.

    Under way inside of `with`; then `answers` says how often which came, in `seconds`.
    """

    def __init__(self, attack: Attack, folder: Path, predictions: int, uploads: int) -> None:
        self._attack, self._folder = attack, folder
        self._photographs = _photographs()
        self._blank = encoded(Image.new("RGB", (7071, 7071)), "PNG")
        self.answers: dict[str, int] = {}
        self.seconds = 0.0
        self._plan = {
            "url": attack.target.url,
            "token": attack.world.tokens["attacker"],
            "requests": self._requests(predictions, uploads),
        }

    def __enter__(self) -> "_Flood":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.attack.flood"],
            cwd=REPOSITORY_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._say(json.dumps(self._plan))
        assert self._process.stdout.readline() == "ready\n"
        self._say("go")
        return self

    def __exit__(self, *_: object) -> None:
        said, _ = self._process.communicate()
        found = json.loads(said)
        self.answers, self.seconds = found["answers"], found["seconds"]

    def _say(self, line: str) -> None:
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _requests(self, predictions: int, uploads: int) -> list[dict[str, str]]:
        """Return what is to be sent, mixed."""
        model = self._attack.world.shared_model_of_attacker
        predict = f"/api/v1/models/{model.pk}/predict/"
        dataset = factories.make_dataset(user=self._attack.world.attacker)
        upload = f"/api/v1/datasets/{dataset.pk}/images/"
        # As many as the bound on pixels lets pass, and four times that, which it refuses.
        blanks = [self._body(predict, [self._blank] * count) for count in (8, 32)]
        photographs = [self._body(predict, [one]) for one in self._photographs]
        requests = [
            blanks[number // 2 % 2] if number % 2 else photographs[number % len(photographs)]
            for number in range(predictions)
        ]
        step = max(1, len(requests) // uploads)
        for number in range(uploads):
            some = [self._photographs[(number * 3 + n) % len(self._photographs)] for n in range(3)]
            requests.insert(number * step, self._body(upload, [*some, self._blank]))
        return requests

    def _body(self, path: str, images: list[bytes]) -> dict[str, str]:
        files = [("images", (f"{number}.png", content)) for number, content in enumerate(images)]
        sent = requests.Request("POST", self._attack.target.url, files=files).prepare()
        file = self._folder / uuid.uuid4().hex
        file.write_bytes(sent.body)
        return {"path": path, "body": str(file), "type": sent.headers["Content-Type"]}


class _Bystander:
    """Another person, who opens a page and asks about a photograph, one after the other."""

    def __init__(self, attack: Attack) -> None:
        world = attack.world
        self._attack = attack
        self._page = signed_in(world.sessions["bystander"])
        self._api = bearer(world.tokens["bystander"])
        self._model = world.shared_model_of_bystander.pk
        self._photograph = _photographs()[0]
        self.refused: list[str] = []

    def times(self, number: int) -> tuple[list[float], list[float]]:
        """Return the seconds of so many pages and predictions; fewer when it takes too long."""
        both, deadline = [], time.monotonic() + SECONDS
        while len(both) < number and time.monotonic() < deadline:
            both.append((self.look(), self.ask()))
        return [page for page, _ in both], [prediction for _, prediction in both]

    def look(self) -> float:
        return self._timed("GET", "/datasets/", headers=self._page)

    def ask(self) -> float:
        return self._timed(
            "POST",
            f"/api/v1/models/{self._model}/predict/",
            headers=self._api,
            files={"images": ("a.jpg", self._photograph)},
        )

    def _timed(self, method: str, path: str, **options) -> float:
        started = time.monotonic()
        answer = self._attack.target.send(method, path, **options)
        if answer.status_code != 200:
            self.refused.append(f"{path}: {answer.status_code} {answer.text[:200]}")
        return time.monotonic() - started


def _photographs() -> list[bytes]:
    """Real ones where they are at hand, otherwise pictures as hard to decode."""
    if PHOTOGRAPHS.is_file():
        with zipfile.ZipFile(PHOTOGRAPHS) as archive:
            names = [name for name in sorted(archive.namelist()) if name.endswith(".jpg")]
            return [archive.read(name) for name in names[:60]]
    rng, found = np.random.default_rng(1), []
    for _ in range(12):
        coarse = Image.fromarray(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8))
        stream = io.BytesIO()
        coarse.resize((1600, 1200), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=90)
        found.append(stream.getvalue())
    return found

"""Vectors of 3,009 photographs: the job of a worker against a bare loop of the same runtime.

    python -m tests.bench.vectors [TURNS]

from the repository root. Each turn (three by default) runs both, one after the other, each in a
process of its own: the loop decodes eight images and asks ONNX Runtime on all cores, and so on; the
job is what a worker does for `embed_images`, with its rows, its index and the decoders it starts.
Prints JSON lines, then the medians and the ratio of images per second and per CPU second.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
import zipfile
from io import BytesIO

import numpy as np
import onnxruntime as ort

import tests.servers

WAYS = ("bare", "job")
IS_CHILD = sys.argv[1:2] in ([way] for way in WAYS)
# A child has the servers and the data folder of its parent; each `start` makes a new folder.
given = os.environ.get("LOUPE_DATA_DIR", "")
tests.servers.start()
if IS_CHILD:
    os.environ["LOUPE_DATA_DIR"] = given
DATA_DIR = os.environ["LOUPE_DATA_DIR"]
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from classifier.engine.backbones.opened import open_backbone  # noqa: E402
from classifier.engine.backbones.registry import DEFAULT  # noqa: E402
from common.pixels import read_pixels  # noqa: E402
from datasets.models import Dataset, Vector  # noqa: E402
from datasets.services.vectors.embedding import start_embedding  # noqa: E402
from jobs.child.context import JobContext  # noqa: E402
from jobs.child.reporter import Reporter  # noqa: E402
from jobs.handlers import handler_of, load_handlers  # noqa: E402
from jobs.services.claim import claim  # noqa: E402
from storage import scratch  # noqa: E402
from tests import factories  # noqa: E402
from tests.bench.import_speed import SHARED_DATA, import_whole  # noqa: E402

ARCHIVE = SHARED_DATA / "animals.zip"
BATCH = 8


def bare() -> None:
    """Decode and embed every image of the archive, with nothing around it."""
    opened = open_backbone(
        DEFAULT, weights_dir=settings.WEIGHTS_DIR, folder=scratch.backbones_dir()
    )
    session = ort.InferenceSession(opened.onnx, providers=["CPUExecutionProvider"])
    with zipfile.ZipFile(ARCHIVE) as archive:
        files = [archive.read(each) for each in archive.infolist() if not each.is_dir()]
    started = _Clock()
    for start in range(0, len(files), BATCH):
        batch = files[start : start + BATCH]
        pixels = np.stack([read_pixels(BytesIO(each), opened.image_size) for each in batch])
        session.run(None, {"image": pixels})
    started.tell("bare loop", len(files))


def job() -> None:
    """Do what waits, as a worker does, up to the embedding; measure that."""
    load_handlers()
    is_embedding = False
    while not is_embedding and (claimed := claim(queue="io", worker="bench")):
        is_embedding = claimed.kind == "embed_images"
        reporter = Reporter(claimed.pk, claimed.fence, os.open(os.devnull, os.O_WRONLY))
        started = _Clock()
        handler_of(claimed.kind)(JobContext(claimed, reporter))
        if is_embedding:
            started.tell("job", Vector.objects.count())


class _Clock:
    """Wall and CPU seconds since it was made, those of ended children included."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), self._cpu_now()

    def _cpu_now(self) -> float:
        usages = [
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        ]
        return sum(each.ru_utime + each.ru_stime for each in usages)

    def tell(self, way: str, images: int) -> None:
        wall, cpu = time.perf_counter() - self._wall, self._cpu_now() - self._cpu
        facts = {"way": way, "images": images, "wall_s": round(wall, 2), "cpu_s": round(cpu, 2)}
        print(json.dumps(facts), flush=True)


def _measured(way: str) -> dict:
    child = subprocess.run(
        [sys.executable, "-m", "tests.bench.vectors", way],
        env={**os.environ, "LOUPE_DATA_DIR": DATA_DIR},
        capture_output=True,
        check=False,
        text=True,
    )
    if child.returncode:
        raise SystemExit(child.stderr[-3000:])
    print(child.stdout, end="", flush=True)
    facts: dict = json.loads(child.stdout.splitlines()[-1])
    return facts


def _embed_from_nothing(dataset: Dataset) -> dict:
    Vector.objects.all().delete()
    start_embedding(user=dataset.created_by, dataset=dataset)
    return _measured("job")


def main(turns: int) -> None:
    """Import the photographs, then measure both ways in turn."""
    call_command("migrate", verbosity=0)
    dataset = factories.make_dataset(user=factories.make_user())
    import_whole(ARCHIVE, dataset)
    pairs = [(_measured("bare"), _embed_from_nothing(dataset)) for _ in range(turns)]
    for measure in ("wall_s", "cpu_s"):
        bare_rate, job_rate = (
            statistics.median(pair[way]["images"] / pair[way][measure] for pair in pairs)
            for way in (0, 1)
        )
        print(
            f"images per {measure}: bare {bare_rate:.1f}, job {job_rate:.1f}, "
            f"ratio {job_rate / bare_rate:.2f} (medians of {turns})"
        )


if __name__ == "__main__":
    if IS_CHILD:
        {"bare": bare, "job": job}[sys.argv[1]]()
    else:
        main(int((sys.argv[1:] or ["3"])[0]))
    tests.servers.stop()

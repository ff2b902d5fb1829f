"""60,000 CIFAR-10 images through the import, beside a bare loop; then gallery and freeze.

``python -m tests.bench.import_speed`` from the repository root; ``--archive animals.zip`` takes
photographs instead. The
bare loop is two processes that read, hash, decode and write the same files and thumbnails in the
same format, without a check and without a row. Rates are images per CPU second of our processes
(Postgres apart), as wall time means little on a shared machine. ``--repeat 3`` for medians.
"""

import argparse
import hashlib
import io
import json
import os
import resource
import statistics
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import tests.servers

tests.servers.start()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, reset_queries  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from PIL import Image as Picture  # noqa: E402

from accounts.models import User  # noqa: E402
from common.thumbnails import may_be_own_thumbnail  # noqa: E402
from datasets.models import Dataset, Import  # noqa: E402
from datasets.selectors.datasets import contents  # noqa: E402
from datasets.selectors.gallery import Filters, gallery_page  # noqa: E402
from datasets.services.intake.start_import import start_import  # noqa: E402
from datasets.services.versions.freeze import freeze  # noqa: E402
from datasets.work.import_archive import import_archive  # noqa: E402
from jobs.child.context import JobContext  # noqa: E402
from jobs.child.reporter import Reporter  # noqa: E402
from jobs.services.claim import claim  # noqa: E402
from tests import factories  # noqa: E402

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def cpu_seconds() -> float:
    """Return the processor time of this process and its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measured(work: Callable[[], Any]) -> tuple[float, float]:
    """Return wall and CPU seconds of `work`."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    work()
    return time.perf_counter() - wall, cpu_seconds() - cpu


def bare_half(archive_path: Path, folder: Path, half: int) -> None:
    """Read, hash, decode and write every second file of the archive."""
    with zipfile.ZipFile(archive_path) as archive:
        for info in [info for info in archive.infolist() if not info.is_dir()][half::2]:
            content = archive.read(info)
            sha256 = hashlib.sha256(content).hexdigest()
            with Picture.open(io.BytesIO(content)) as image:
                rgb = image.convert("RGB")
            files = {folder / "blobs" / sha256[:2] / sha256: content}
            width, height = rgb.size
            if not may_be_own_thumbnail(width=width, height=height, size=len(content)):
                rgb.thumbnail((256, 256), Picture.Resampling.BICUBIC, reducing_gap=2.0)
                stream = io.BytesIO()
                rgb.save(stream, "WEBP", quality=80, method=1)
                name = f"{sha256}.webp"
                files[folder / "thumbnails" / sha256[:2] / name] = stream.getvalue()
            for path, data in files.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)


def bare_loop(archive: Path, folder: Path) -> None:
    with ProcessPoolExecutor(2) as pool:
        for done in [pool.submit(bare_half, archive, folder, half) for half in (0, 1)]:
            done.result()


def import_whole(archive: Path, dataset: Dataset) -> Import:
    with archive.open("rb") as stream:
        source = start_import(
            user=dataset.created_by,
            dataset=dataset,
            archive=iter(lambda: stream.read(1 << 20), b""),
            archive_name=archive.name,
        )
    job = claim(queue="io", worker="bench")
    reporter = Reporter(job.pk, job.fence, os.open(os.devnull, os.O_WRONLY))
    reporter.start()
    import_archive(JobContext(job, reporter))
    reporter.close()
    source.job.refresh_from_db()
    return source


def milliseconds(work: Callable[[], Any], repeat: int = 15) -> dict[str, float]:
    """Return the median time of `work` and its number of queries."""
    with CaptureQueriesContext(connection) as queries:
        answer = work()
    if getattr(answer, "status_code", 200) != 200:
        raise SystemExit(f"not answered but {answer.status_code}")
    count = len(queries)
    times = []
    for _ in range(repeat):
        reset_queries()
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return {"ms": round(statistics.median(times), 1), "queries": count}


def reading(dataset: Dataset) -> dict[str, Any]:
    """Return what pages of 60,000 images take at the server."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(dataset.created_by)
    address = f"/datasets/{dataset.pk}/"
    cursor = ""
    for _ in range(400):
        cursor = gallery_page(dataset, Filters(), cursor).next_cursor or cursor
    part = {"HX-Request": "true"}
    return {
        "first page": milliseconds(lambda: client.get(address)),
        "deep page": milliseconds(lambda: client.get(address, {"after": cursor}, headers=part)),
        "by class": milliseconds(lambda: client.get(address, {"class_name": "frog"})),
        "by split": milliseconds(lambda: client.get(address, {"split": "test"})),
        "by class and split": milliseconds(
            lambda: client.get(address, {"class_name": "frog", "split": "test"})
        ),
        "by name": milliseconds(lambda: client.get(address, {"q": "9999"})),
        "api, 500 images": milliseconds(
            lambda: client.get(f"/api/v1/datasets/{dataset.pk}/images/", {"page_size": 500})
        ),
        "class chart": milliseconds(lambda: contents(dataset)),
    }


def bare_turn(archive: Path) -> tuple[float, float]:
    """Return wall and CPU seconds of the bare loop."""
    folder = Path(mkdtemp(dir=os.environ["LOUPE_DATA_DIR"]))
    return measured(lambda: bare_loop(archive, folder))


def import_turn(archive: Path, person: User, report: dict[str, Any]) -> tuple[float, float]:
    """Return wall and CPU seconds of an import; what came of it goes into the report."""
    dataset = report["dataset"] = factories.make_dataset(user=person)
    times = measured(lambda: report.update(result=import_whole(archive, dataset).job.result))
    set_aside()
    return times


def set_aside() -> None:
    """Empty the store without deleting: ext4 looks past every file that it has just deleted.

    After a turn's files went, creating one took 0.2 to 0.5 ms of a processor instead of 0.03.
    """
    aside = Path(mkdtemp(dir=os.environ["LOUPE_DATA_DIR"]))
    for kind in ("blobs", "thumbnails"):
        kept = Path(os.environ["LOUPE_DATA_DIR"]) / "media" / kind
        if kept.is_dir():
            kept.rename(aside / kind)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--archive", default="cifar10.zip", help="in ../shared/data")
    options = parser.parse_args()
    archive = SHARED_DATA / options.archive
    if not archive.is_file():
        print(f"Skipped: {archive} is not there.")
        return
    with zipfile.ZipFile(archive) as listed:
        count = sum(not info.is_dir() for info in listed.infolist())
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    person = factories.make_user()
    rates: dict[str, list[float]] = {"bare": [], "import": []}
    walls: dict[str, list[float]] = {"bare": [], "import": []}
    report: dict[str, Any] = {}
    for number in range(options.repeat):
        # What the file system is left with by one of them weighs on the next: take turns.
        turns = ("bare", "import") if number % 2 == 0 else ("import", "bare")
        for name in turns:
            wall, cpu = (
                bare_turn(archive) if name == "bare" else import_turn(archive, person, report)
            )
            rates[name].append(count / cpu)
            walls[name].append(wall)
            print(f"{name}: {wall:.0f} s, {cpu:.0f} CPU s", file=sys.stderr)
    dataset = report.pop("dataset")
    medians = {name: statistics.median(values) for name, values in rates.items()}
    report["images per CPU second"] = {name: round(value) for name, value in medians.items()}
    report["share of the bare loop"] = round(medians["import"] / medians["bare"], 3)
    report["wall seconds"] = {name: round(statistics.median(v), 1) for name, v in walls.items()}
    largest = [
        resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    report["largest process, MB"] = {"job": largest[0] // 1024, "decoders": largest[1] // 1024}
    report["reading"] = reading(dataset)
    start = time.perf_counter()
    version = freeze(user=person, dataset=dataset, strategy="folder")
    report["freeze, s"] = round(time.perf_counter() - start, 2)
    start = time.perf_counter()
    freeze(user=person, dataset=dataset)
    report["freeze stratified, s"] = round(time.perf_counter() - start, 2)
    report["samples"] = {name: sum(c.values()) for name, c in version.sample_counts.items()}
    json.dump(report, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
    tests.servers.stop()

"""A dataset of a million images in 5,000 classes: pages, freezing, look-alikes, map, imports.

    python -m tests.bench.million [STEP ...] [--images N] [--classes C] [--folder F]

from the repository root. `F` keeps the database and the files, 10 GB for a million; a run that was
stopped goes on with the rows that are there. Rows are made (`million_rows`), files are not. Each
step is a process of its own, whose peak is told, and prints a JSON line. Milliseconds are of a
clock, and behind them those of a processor (this process and its Postgres backend), the median and
the 95th percentile; of pages, LOUPE_BENCH_VIEWS of each (12), by turns with a small dataset's.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tests.servers
from embedded.postgres import PostgresServer

STEP = "LOUPE_BENCH_STEP"
DATA_DIR = "LOUPE_BENCH_DATA_DIR"
IS_CHILD = STEP in os.environ
if IS_CHILD:
    tests.servers.start()
    os.environ["LOUPE_DATA_DIR"] = os.environ[DATA_DIR]
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    import numpy as np
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from datasets.models import Dataset, Image
    from datasets.selectors.datasets import contents
    from datasets.selectors.gallery import Filters, gallery_page
    from datasets.selectors.vectors import vector_source
    from datasets.services.vectors.maps import start_map
    from datasets.services.vectors.vector_index import build_index
    from datasets.services.versions.freeze import freeze
    from jobs.child.context import JobContext
    from jobs.child.reporter import Reporter
    from jobs.handlers import handler_of, load_handlers
    from jobs.models import Job, Status
    from jobs.services.claim import claim
    from tests.bench import million_alike, million_imports
    from tests.bench.million_rows import dataset_of

VIEWS = 12
PAGES = {
    **{
        f"gallery, {name}": f"/datasets/{{}}/{query}"
        for name, query in (
            ("first page", ""),
            ("one class", "?class_name=species+0003"),
            ("no class", "?annotated=false"),
            ("split", "?split=test"),
            ("name, frequent", "?q=img"),
            ("name, one", "?q=0000345"),
            ("name, none", "?q=nothing"),
            ("left out", "?excluded=1"),
            ("in the trash", "?trash=1"),
            ("by a person", "?labelled_by=million"),
            ("came with its class", "?came_with_class=true"),
            ("did not come with it", "?came_with_class=false"),
            ("metadata, frequent", "?metadata.camera=cam-3"),
            ("metadata, rare", "?metadata.site=site-17"),
            ("metadata, none", "?metadata.site=no"),
            ("quality finding", "?issue=blurred"),
            ("least certain first", "?ordering=suggested_probability"),
            ("five at once", "?class_name=species+0003&split=test&q=img&metadata.camera=cam-3"
             "&came_with_class=true"),
        )
    },
    "menu of filters": "/datasets/{}/filters/",
    "labelling screen": "/datasets/{}/label/",
    "classes": "/datasets/{}/classes/",
    "map, the page": "/datasets/{}/map/",
    "API, images": "/api/v1/datasets/{}/images/?page_size=100",
    "API, images of a class": "/api/v1/datasets/{}/images/?class_name=species+0003",
    "API, classes": "/api/v1/datasets/{}/classes/",
    "API, a dataset": "/api/v1/datasets/{}/",
}  # fmt: skip


def cpu_seconds() -> float:
    """Return the processor time of this process and of its Postgres backend."""
    fields = Path(f"/proc/{_backend()}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _backend() -> int:
    connection.ensure_connection()
    pid: int = connection.connection.get_backend_pid()
    return pid


def tell(what: str, **facts: Any) -> None:
    """Print a line of figures, with the load and the peaks so far."""
    status = Path(f"/proc/{_backend()}/status").read_text()
    backend = int(status.split("VmHWM:")[1].split()[0])
    facts |= {
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "backend_peak_mb": backend // 1024,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps({"what": what, **facts}), flush=True)


def timed(what: str, work: Callable[[], Any], **facts: Any) -> Any:
    """Do something once and tell what it took."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    result = work()
    seconds = {"s": round(time.perf_counter() - wall, 2), "cpu_s": round(cpu_seconds() - cpu, 2)}
    tell(what, **seconds, **facts)
    return result


def repeated(what: str, works: list[Callable[[], Any]], beside: Callable[[], Any] | None) -> None:
    """Do things that are alike, each after what it is compared with; tell medians and 95th."""
    taken: dict[str, list[tuple[float, float]]] = {"": [], "beside ": []}
    for work in works:
        for name, each in (("beside ", beside), ("", work)):
            if each is not None:
                cpu, wall = cpu_seconds(), time.perf_counter()
                each()
                wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
                taken[name].append((1000 * wall, 1000 * cpu))
    facts = {
        name + unit: [round(float(each)) for each in np.percentile(column, (50, 95))]
        for name, rows in taken.items()
        if rows
        for unit, column in zip(("ms", "cpu_ms"), zip(*rows, strict=True), strict=True)
    }
    tell(what, **facts)


def build(dataset: "Dataset") -> None:
    """Tell how much there is: the rows are made by then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size = cursor.fetchone()[0]
    tell("rows", images=Image.objects.filter(dataset=dataset).count(), database_gb=size / 1e9)


def read(dataset: "Dataset") -> None:
    """Every filter, a deep page, the chart, the menu, the API; each beside that of a thousand."""
    views = int(os.environ.get("LOUPE_BENCH_VIEWS", VIEWS))
    client, small = Client(headers={"host": "localhost"}), dataset_of(1_000, 10, "A thousand")
    client.force_login(dataset.created_by)

    def page(address: str, of: Dataset = dataset, **headers: str) -> Callable[[], None]:
        def get() -> None:
            answer = client.get(address.format(of.pk), headers=headers)
            assert answer.status_code == 200, (address, answer.status_code)

        return get

    for name, address in PAGES.items():
        page(address)()  # Templates are read once.
        repeated(name, [page(address)] * views, page(address, small))
    deep = Image.objects.alive().filter(dataset=dataset).order_by("created_at", "id")[500]
    address = f"/datasets/{{}}/?after={deep.created_at.isoformat()}~{deep.pk}".replace("+", "%2B")
    assert len(gallery_page(dataset, Filters(), f"{deep.created_at.isoformat()}~{deep.pk}").images)
    further = page(address, **{"HX-Request": "true"})
    repeated("gallery, 500 from the end", [further] * views, None)
    repeated("class chart", [lambda: contents(dataset)] * views, lambda: contents(small))


def index(dataset: "Dataset") -> None:
    """Count the vectors, and make the index for look-alikes."""
    source = timed("count of images with a vector", lambda: vector_source(dataset))
    timed("index for look-alikes", lambda: build_index(dataset, source))


def alike(dataset: "Dataset") -> None:
    """Look-alikes of images at random and of those with a twin, beside a full comparison."""
    asked, works = million_alike.asked(dataset)
    repeated(f"look-alikes, {million_alike.NEAREST}", works, None)
    tell("recall of look-alikes", **million_alike.recall(dataset, asked))


def versions(dataset: "Dataset") -> None:
    """Freeze by folders, then stratified: what the first tested on stays in test."""
    for strategy in ("stratified", "folder"):
        version = timed(
            f"freeze, {strategy}",
            lambda strategy=strategy: freeze(
                user=dataset.created_by, dataset=dataset, strategy=strategy
            ),
        )
        assert sum(sum(each.values()) for each in version.sample_counts.values())


def chart(dataset: "Dataset") -> None:
    """The job that computes the map, then the map's JSON."""
    load_handlers()
    Job.objects.filter(status__in=(Status.PENDING, Status.QUEUED)).update(status=Status.CANCELLED)
    start_map(user=dataset.created_by, dataset=dataset)
    job = claim(queue="io", worker="bench")
    reporter = Reporter(job.pk, job.fence, os.open(os.devnull, os.O_WRONLY))
    timed("map", lambda: handler_of(job.kind)(JobContext(job, reporter)))
    client = Client(headers={"host": "localhost"})
    client.force_login(dataset.created_by)
    address = f"/api/v1/datasets/{dataset.pk}/map/"
    answer = timed("map, its JSON", lambda: client.get(address))
    tell("map", images=len(answer.json()["images"]), sample_of=answer.json()["sample_of"])


def imports(dataset: "Dataset") -> None:
    """10,000 small files into the million and into an empty dataset, in turn."""
    os.environ["LOUPE_DATA_DIR"] = os.environ[DATA_DIR]
    load_handlers()
    for facts in million_imports.turns(dataset):
        tell("import of 10,000 files", **facts)


STEPS = {
    "build": build, "read": read, "index": index, "alike": alike, "freeze": versions,
    "map": chart, "imports": imports,
}  # fmt: skip


def child(options: argparse.Namespace) -> None:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    STEPS[os.environ[STEP]](dataset_of(options.images, options.classes))


def main() -> None:
    """Start the servers, and a process for each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=5_000)
    parser.add_argument("--folder", type=Path, default=Path("build/million"))
    options = parser.parse_args()
    if IS_CHILD:
        return child(options)
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with PostgresServer(folder / "postgres", durable=False) as server:
        os.environ["DATABASE_URL"] = server.owner_url
        tests.servers.start()
        environment = os.environ | {
            DATA_DIR: str(folder / "loupe"),
            "LOUPE_QUOTA_IMAGES": "none",
            "LOUPE_EMBED_UNASKED": "0",
        }
        for step in options.steps or STEPS:
            command = [sys.executable, "-m", "tests.bench.million", *sys.argv[1:]]
            subprocess.run(command, env=environment | {STEP: step}, check=True)
    return None


if __name__ == "__main__":
    try:
        main()
    finally:
        tests.servers.stop()

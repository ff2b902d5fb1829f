"""Quality check and map of 60,000 CIFAR-10 images, and what reading the report costs.

``python -m tests.bench.quality_check`` from the repository root. The
jobs run in processes of their own, as in a worker, so that their peaks are their own: the check
first with the small descriptor, then with vectors as wide as MobileNetV2's, and the map.
"""

import json
import os
import resource
import subprocess
import sys
import time

import numpy as np

import tests.servers

tests.servers.start()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from datasets.models import Dataset, QualityReport  # noqa: E402
from datasets.selectors.quality import quality_of  # noqa: E402
from datasets.selectors.vectors import vector_blocks, vector_source  # noqa: E402
from datasets.services.quality.check_quality import check_again  # noqa: E402
from datasets.services.vectors.maps import start_map  # noqa: E402
from datasets.services.vectors.store_vectors import store_vectors  # noqa: E402
from jobs.child.context import JobContext  # noqa: E402
from jobs.child.reporter import Reporter  # noqa: E402
from jobs.handlers import handler_of, load_handlers  # noqa: E402
from jobs.services.claim import claim  # noqa: E402
from tests import factories  # noqa: E402
from tests.bench.import_speed import SHARED_DATA, import_whole, milliseconds  # noqa: E402

WIDTH = 1_280


def work() -> None:
    """Run the job that waits; print its seconds and peak."""
    load_handlers()
    job = claim(queue="io", worker="bench")
    reporter = Reporter(job.pk, job.fence, os.open(os.devnull, os.O_WRONLY))
    wall, cpu = time.perf_counter(), time.process_time()
    handler_of(job.kind)(JobContext(job, reporter))
    facts = {
        "job": job.kind,
        "wall_s": round(time.perf_counter() - wall, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(facts), flush=True)


def reading(dataset: Dataset) -> dict[str, dict[str, float]]:
    """Return what pages of the report take at the server."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(dataset.created_by)
    page, api = f"/datasets/{dataset.pk}/", f"/api/v1/datasets/{dataset.pk}/"
    return {
        "report page": milliseconds(lambda: client.get(f"{page}quality/"), 5),
        "report api": milliseconds(lambda: client.get(f"{api}quality/"), 5),
        "items": milliseconds(lambda: client.get(f"{api}quality/items/?kind=label_error"), 5),
        "gallery": milliseconds(lambda: client.get(page), 5),
        "gallery of an issue": milliseconds(lambda: client.get(f"{page}?issue=split_leak"), 5),
    }


def add_wide_vectors(dataset: Dataset) -> None:
    """Give each image a vector of MobileNetV2's width: its descriptor, turned, with noise."""
    random = np.random.default_rng(0)
    source, space = vector_source(dataset), factories.make_space(width=WIDTH)
    turn = None
    for ids, vectors in vector_blocks(dataset, source):
        if turn is None:
            turn = random.normal(size=(vectors.shape[1], WIDTH)).astype(np.float32)
        wide = vectors.astype(np.float32) @ turn
        wide += random.normal(0, wide.std(), wide.shape).astype(np.float32)
        contents = dict(dataset.images.filter(pk__in=ids).values_list("pk", "sha256"))
        store_vectors(
            organization_id=dataset.organization_id,
            space=space,
            vectors={contents[id]: row for id, row in zip(ids, wide, strict=True)},
        )
    Dataset.objects.filter(pk=dataset.pk).update(space=space)


def in_a_process() -> None:
    child = subprocess.run(
        [sys.executable, "-m", "tests.bench.quality_check", "work"], check=False, text=True,
        capture_output=True,
    )  # fmt: skip
    print(child.stdout, child.stderr[-3000:], flush=True)


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    dataset = factories.make_dataset(user=factories.make_user())
    import_whole(SHARED_DATA / "cifar10.zip", dataset)
    in_a_process()
    report = QualityReport.objects.get(dataset=dataset)
    quality = quality_of(dataset)
    facts = {
        "found": {f.kind.value: [f.items, f.count] for f in quality.findings},
        "agreement": report.agreement,
        "unchecked": report.unchecked,
        "reading": reading(dataset),
    }
    print(json.dumps(facts, indent=1), flush=True)
    add_wide_vectors(dataset)
    check_again(user=dataset.created_by, dataset=dataset)
    in_a_process()
    start_map(user=dataset.created_by, dataset=dataset)
    in_a_process()


if __name__ == "__main__":
    if sys.argv[1:] == ["work"]:
        work()
    else:
        main()
    tests.servers.stop()

"""The quality check of 60,000 CIFAR-10 images, and what reading its report costs.

``python -m tests.bench.quality_check`` from the repository root, with platform/ on PYTHONPATH. The
check runs in a process of its own, as in a worker, so that its peak is its own.
"""

import json
import os
import resource
import subprocess
import sys
import time

import tests.servers

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from datasets.models import Dataset, QualityReport  # noqa: E402
from datasets.selectors.quality import quality_of  # noqa: E402
from datasets.work.check_quality import check_quality  # noqa: E402
from jobs.child.context import JobContext  # noqa: E402
from jobs.child.reporter import Reporter  # noqa: E402
from jobs.services.claim import claim  # noqa: E402
from tests import factories  # noqa: E402
from tests.bench.import_speed import import_cifar, milliseconds  # noqa: E402


def check() -> None:
    """Run the check that waits; print its seconds and peak."""
    job = claim(queue="io", worker="bench")
    reporter = Reporter(job.pk, job.fence, os.open(os.devnull, os.O_WRONLY))
    wall, cpu = time.perf_counter(), time.process_time()
    check_quality(JobContext(job, reporter))
    facts = {
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


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    dataset = factories.make_dataset(user=factories.make_user())
    import_cifar(dataset)
    child = subprocess.run(
        [sys.executable, "-m", "tests.bench.quality_check", "check"], check=False, text=True,
        capture_output=True,
    )  # fmt: skip
    print(child.stdout, child.stderr[-3000:])
    report = QualityReport.objects.get(dataset=dataset)
    quality = quality_of(dataset)
    facts = {
        "found": {f.kind.value: [f.items, f.count] for f in quality.findings},
        "agreement": report.agreement,
        "unchecked": report.unchecked,
        "reading": reading(dataset),
    }
    print(json.dumps(facts, indent=1), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        check()
    else:
        main()
    tests.servers.pytest_unconfigure()

"""A batch prediction beside a bare process: MobileNetV2 on photographs, all on one machine.

    .venv/bin/python -m tests.bench.batch_rate [--repeat 3] [--chunk 256 64]

The bare process (`bare_process.py`: Pillow and ONNX Runtime on two threads, nothing of Loupe) and
the batch, through its real job, take turns with the same file and the same photographs. Prints
images a second of each, the median ratios, and the processor milliseconds of an image; of a batch
over a dataset, and of one over a zip, which decodes, cleans and keeps each image besides.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import tests.servers

tests.servers.start()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
os.environ.setdefault("LOUPE_WEIGHTS_DIR", str(SHARED_DATA / "weights"))
import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from classifier.batches.services import start_batch  # noqa: E402
from classifier.batches.services.end_batch import delete_batch  # noqa: E402
from classifier.batches.services.start_batch import (  # noqa: E402
    start_on_archive,
    start_on_dataset,
)
from classifier.models import BatchPrediction, ModelVersion  # noqa: E402
from classifier.registry.selectors.models import version_to_serve  # noqa: E402
from classifier.training.services.start_training import start_training  # noqa: E402
from datasets.services.intake.start_import import start_import  # noqa: E402
from datasets.services.versions.freeze import freeze  # noqa: E402
from jobs.handlers import load_handlers  # noqa: E402
from jobs.models import Job, Status  # noqa: E402
from tests import factories  # noqa: E402
from tests.bench.jobs_here import do_all  # noqa: E402

ANIMALS = SHARED_DATA / "animals.zip"
PER_CLASS = 20
BARE_SECONDS = 10.0


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def photographs(archive: Path) -> dict[str, bytes]:
    """Return the training photographs of the set by name."""
    with zipfile.ZipFile(archive) as files:
        names = [name for name in sorted(files.namelist()) if name.endswith(".jpg")]
        return {name: files.read(name) for name in names}


def zip_of(files: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def trained_version(user, files: dict[str, bytes], folder: Path) -> ModelVersion:
    """Fit mobilenet_v2's head on a few photographs of each class."""
    few: dict[str, bytes] = {}
    for name, content in files.items():
        label = name.split("/")[-2]
        if sum(other.startswith(f"{label}/") for other in few) < PER_CLASS:
            few[f"{label}/{name.split('/')[-1]}"] = content
    dataset = factories.make_dataset(user=user, name="Few animals")
    archive = zip_of(few, folder / "few.zip")
    start_import(user=user, dataset=dataset, archive=[archive.read_bytes()], archive_name="few.zip")
    do_all()
    version = freeze(user=user, dataset=dataset)
    run = start_training(user=user, dataset_version=version, preset="mobilenet_v2")
    do_all()
    run.refresh_from_db()
    factories.make_live(run.model_version)
    return version_to_serve(user, run.model_version.model_id)


def bare(model: Path, archive: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.bare_process"]
    done = subprocess.run(
        [*command, str(model), str(archive), str(BARE_SECONDS)], capture_output=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def measured(batch: BatchPrediction) -> dict[str, float]:
    """Do the job of a batch; its own rate is of the time since its model was open."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    do_all()
    took, used = time.perf_counter() - wall, cpu_seconds() - cpu
    job = Job.objects.get(pk=batch.job_id)
    if job.status != Status.SUCCEEDED or job.result["answered"] != batch.image_count:
        raise SystemExit(f"not answered: {job.status} {job.error} {job.result}")
    return {
        "rate": job.result["images_per_second"],
        "whole_rate": batch.image_count / took,
        "cpu_ms": used * 1000 / batch.image_count,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--times", type=int, default=1, help="how often each photograph comes")
    parser.add_argument(
        "--chunk", type=int, nargs="+", default=[start_batch.CHUNK_IMAGES], help="images of a chunk"
    )
    parser.add_argument("--hold", type=Path, help="measure once this file is there")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    load_handlers()
    settings.BATCH_IMAGES_A_DAY = 10_000_000
    folder = Path(settings.SCRATCH_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    user = factories.make_user()
    files = photographs(ANIMALS)
    version = trained_version(user, files, folder)
    many = {
        f"{turn}-{number}.jpg": file
        for turn in range(options.times)
        for number, file in enumerate(files.values())
    }
    archive = zip_of(many, folder / "many.zip")
    dataset = factories.make_dataset(user=user, name="Many animals")
    start_import(
        user=user,
        dataset=dataset,
        archive=[archive.read_bytes()],
        archive_name="many.zip",
        duplicates="keep",
    )
    do_all()
    print(f"{dataset.images.count():,} images", flush=True)
    while options.hold and not options.hold.exists():
        time.sleep(1)
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(options.repeat):
        found.setdefault("bare", []).append(bare(version.served_path, archive))
        for chunk in options.chunk:
            start_batch.CHUNK_IMAGES = chunk
            of_dataset = start_on_dataset(user=user, version=version, dataset=dataset)
            found.setdefault(f"dataset by {chunk}", []).append(measured(of_dataset))
            of_archive = start_on_archive(
                user=user, version=version, archive=[archive.read_bytes()], archive_name="many.zip"
            )
            found.setdefault(f"archive by {chunk}", []).append(measured(of_archive))
            for batch in (of_dataset, of_archive):
                delete_batch(user=user, batch=batch)
        for name, turns in found.items():
            shown = {key: round(value, 1) for key, value in turns[-1].items()}
            print(f"{name}: {shown}", flush=True)
    for name in list(found)[1:]:
        for rate in ("rate", "whole_rate"):
            ratios = [
                ours[rate] / theirs["rate"]
                for ours, theirs in zip(found[name], found["bare"], strict=True)
            ]
            print(f"{name} {rate}: {statistics.median(ratios):.3f} of the bare process", flush=True)


if __name__ == "__main__":
    main()

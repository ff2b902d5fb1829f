"""What pages cost at the server where there is much: 500 runs, and 60,000 answers of 1,000 classes.

``python -m tests.bench.page_cost [runs] [mistakes]`` from the repository root; rows alone, without
files. Prints, of ten views each, the median and the highest milliseconds of a processor (this
process and its Postgres backend: wall time means little on a shared machine) and the number of
queries. Pages of answers are asked once more as a process sees them the first time.
"""

import statistics
import sys
import uuid
from collections.abc import Callable

from tests.bench.labelling import COLUMNS, cpu_seconds

# isort: split

import numpy as np
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from classifier.engine.measure.answers import pack
from classifier.engine.measure.evaluation import evaluate
from classifier.evaluation.selectors import answers, slice_columns
from classifier.models import (
    EpochMetrics,
    EvaluationReport,
    Experiment,
    ExperimentMember,
    ReportAnswers,
    TrainingRun,
)
from common.copy_rows import copy_rows
from datasets.models import ClassLabel, Image, Split
from datasets.selectors.versions import samples_of
from datasets.services.versions.freeze import freeze
from jobs.models import Job, Status
from tests import factories

VIEWS = 10
RUNS = 500
CLASSES, IMAGES = 1_000, 60_000
SPACE = {
    "inverse_penalty": {"low": 1e-4, "high": 10},
    "principal_components": {"low": 2, "high": 20},
}


def view(name: str, client: Client, address: str, first: Callable[[], object] = int) -> None:
    """Print what a page costs; `first` is done before each view."""
    spent: list[float] = []
    queries = 0

    def count(execute: Callable, *arguments: object) -> object:
        nonlocal queries
        queries += 1
        return execute(*arguments)

    for _ in range(VIEWS + 1):
        first()
        queries, start = 0, cpu_seconds()
        with connection.execute_wrapper(count):
            answer = client.get(address)
        spent.append((cpu_seconds() - start) * 1000)
        assert answer.status_code == 200, (address, answer.status_code)
    # The first fills what the templates and the connection remember.
    spent = spent[1:]
    print(
        f"{statistics.median(spent):6.0f} ms (up to {max(spent):.0f}) "
        f"{queries:3d} queries {len(answer.content) / 1000:6.0f} kB  {name}",
        flush=True,
    )


def ended(run: TrainingRun) -> None:
    """End a run's job as a worker does."""
    jobs = Job.objects.filter(pk=run.job_id)
    jobs.update(status=Status.RUNNING, fence=1)
    jobs.update(status=Status.SUCCEEDED, ended_at=timezone.now())


def runs(client: Client, user) -> None:
    """Fill an organization with runs, half of them with a model and a report; then measure."""
    rng = np.random.default_rng(0)
    version = factories.make_version(user=user, classes=("cat", "dog", "fox"), per_class=40)
    presets = ("cnn_tiny", "cnn_small", "efficientnet_lite0", "random_forest")
    for number in range(RUNS):
        run = factories.make_run(user, version, preset=presets[number % 4], name=f"Run {number}")
        ended(run)
        TrainingRun.objects.filter(pk=run.pk).update(
            metrics={
                "val_accuracy": float(rng.uniform(0.6, 0.99)), "loss": 0.1, "accuracy": 0.9,
                "parameters": int(rng.uniform(1e3, 1e7)), "seconds": float(rng.uniform(3, 400)),
                "epochs": 12, "best_epoch": 9,
                "milliseconds_per_image": float(rng.uniform(0.2, 9)),
            }
        )  # fmt: skip
        run.refresh_from_db()
        if number % 2:
            made = factories.make_model_version(run, live=False)
            images = sum(version.sample_counts["test"].values())
            factories.make_report(made, right=images - number % 5, images=images, job=run.job)
        rows = (
            EpochMetrics(run=run, epoch=each, loss=2 / each, accuracy=0.9, val_loss=2 / each,
                         val_accuracy=0.9, learning_rate=0.01, seconds=2)
            for each in range(1, 13)
        )  # fmt: skip
        EpochMetrics.objects.bulk_create(rows)
    search = Experiment.objects.create(
        organization=user.personal_organization, dataset_version=version, kind="search",
        name="Trials", created_by=user, job=factories.make_run(user, version).job,
        settings={
            "preset": "logistic_regression", "config": {"input": "pixels", "side": 8},
            "space": SPACE, "sampler": "random", "objective": "accuracy", "pruning": False,
            "parallel": 1, "seed": 0, "trials": RUNS, "timeout_seconds": None,
        },
    )  # fmt: skip
    members = []
    for number in range(RUNS):
        params = {
            "inverse_penalty": float(f"{10 ** rng.uniform(-4, 1):.4g}"),
            "principal_components": int(rng.integers(2, 21)),
        }
        spec = {"params": params, "config": params, "generation": None}
        result = {"val_accuracy": float(rng.uniform(0.6, 0.99)), "val_loss": 0.2, "seconds": 1.0}
        member = ExperimentMember(experiment=search, number=number, spec=spec, result=result)
        members.append(member)
    ExperimentMember.objects.bulk_create(members)
    for number in range(RUNS):
        Experiment.objects.create(
            organization=user.personal_organization, dataset_version=version, kind="search",
            name=f"Search {number}", created_by=user, settings=search.settings,
            job=Job.objects.create(
                kind="search", queue="io", organization=user.personal_organization, title="Search"
            ),
        )  # fmt: skip
    newest = TrainingRun.objects.order_by("-created_at")
    some = "&".join(f"run={key}" for key in newest.values_list("pk", flat=True)[:12])
    for name, address in (
        ("runs compared: all 500", "/training/compare/"),
        ("runs compared: all settings", "/training/compare/?settings=all"),
        ("runs compared: the last page", "/training/compare/?page=10"),
        ("runs compared: twelve", f"/training/compare/?{some}"),
        ("runs compared, API", "/api/v1/training-runs/compare/"),
        ("list of runs", "/training/"),
        ("list of runs, API", "/api/v1/training-runs/"),
        ("a run", f"/training/{newest[1].pk}/"),
        ("list of 501 experiments", "/experiments/"),
        ("list of experiments, API", "/api/v1/experiments/"),
        ("an experiment of 500 trials", f"/experiments/{search.pk}/"),
        ("an experiment of 500 trials, API", f"/api/v1/experiments/{search.pk}/"),
        ("its trials, API", f"/api/v1/experiments/{search.pk}/trials/"),
        ("list of 250 models", "/models/"),
        ("home", "/"),
    ):
        view(name, client, address)


def forget() -> None:
    """Forget what a web process remembers of answers."""
    answers._columns.cache_clear()
    slice_columns._columns.cache_clear()


def mistakes(client: Client, user) -> None:
    """Fill a report on 60,000 images of 1,000 classes, a tenth of them wrong; then measure."""
    dataset = factories.make_dataset(user=user)
    labels = ClassLabel.objects.bulk_create(
        ClassLabel(dataset=dataset, name=f"species {number:04}", position=number)
        for number in range(CLASSES)
    )
    now, rng = timezone.now(), np.random.default_rng(0)
    rows = [
        (uuid.uuid4(), dataset.pk, f"{number + 1:064x}", f"IMG_{number:06d}.jpg",
         labels[number % CLASSES].pk, "test" if number < IMAGES else "train", 32, 32, "JPEG", 1000,
         {}, now, None, None, None)
        for number in range(IMAGES + 2 * CLASSES)
    ]  # fmt: skip
    copy_rows(Image, COLUMNS, rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    version = freeze(user=user, dataset=dataset, strategy="folder")
    model_version = factories.make_model_version(factories.make_run(user, version))
    truth = np.array([index for _, index in samples_of(version, Split.TEST)])
    said = np.where(rng.random(len(truth)) < 0.9, truth, rng.integers(0, CLASSES, len(truth)))
    probabilities = np.full((len(truth), CLASSES), 0.3 / CLASSES, np.float32)
    probabilities[np.arange(len(truth)), said] += 0.7
    report = EvaluationReport.objects.create(
        organization=user.personal_organization, model_version=model_version,
        dataset_version=version, split=Split.TEST, job=model_version.training_run.job,
        metrics=evaluate(probabilities, truth, version.class_names).to_json(),
    )  # fmt: skip
    ReportAnswers.objects.create(
        report=report, samples_digest="same", **vars(pack(probabilities, truth))
    )
    here, name = f"/evaluations/{report.pk}/", version.class_names[7]
    wrong = np.flatnonzero(said != truth)[0]
    true, predicted = (version.class_names[each[wrong]] for each in (truth, said))
    pages = (
        ("mistakes", f"{here}mistakes/"),
        ("mistakes: one cell", f"{here}mistakes/?true={true}&predicted={predicted}"),
        ("mistakes: one class", f"{here}mistakes/?true={name}"),
        ("mistakes by pair", f"{here}pairs/"),
        ("answers, API", f"/api/v1{here}predictions/?correct=false"),
        ("the report", here),
    )
    for title, address in pages:
        view(title, client, address)
    for title, address in pages[:5]:
        view(f"{title}, the first in a process", client, address, forget)


def main(asked: list[str]) -> None:
    """Make a database, fill and measure."""
    connection.creation.create_test_db(verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    user = factories.make_user()
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    for name, measure in (("runs", runs), ("mistakes", mistakes)):
        if not asked or name in asked:
            measure(client, user)


if __name__ == "__main__":
    main(sys.argv[1:])

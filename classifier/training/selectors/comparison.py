"""Runs side by side: their figures, and the settings in which they differ."""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import User
from classifier.engine.measure.mcnemar import Comparison, compare
from classifier.engine.presets.registry import PRESETS
from classifier.models import EvaluationReport, ReportAnswers, TrainingRun
from classifier.models.archived import listed
from classifier.models.model_version import SERVED_FILE
from classifier.training.selectors.runs import visible_runs
from common.errors import Invalid, NotFound
from datasets.models import DatasetVersion
from jobs.models import Status

MOST = 500


@dataclass(frozen=True)
class ComparedRun:
    """A run with the report that its own job made on the test split, once there is one.

    `version_id` and `served_file` are of the model version that it registered.
    """

    run: TrainingRun
    report: EvaluationReport | None
    status: Status
    version_id: uuid.UUID | None
    served_file: dict[str, Any] | None

    @property
    def family(self) -> str:
        """The family of its preset: transfer, scratch or classic."""
        return PRESETS[self.run.preset].kind

    @property
    def figures(self) -> dict[str, Any]:
        """The value of each of `FIGURES`; None where it is not known."""
        return {name: figure.value(self) for name, figure in FIGURES.items()}


@dataclass(frozen=True)
class Figure:
    """One figure of a run; `kind` says how it is written, `larger_is_better` None: neither."""

    title: str
    kind: str
    value: Callable[[ComparedRun], Any]
    interval: Callable[[ComparedRun], Any] = field(default=lambda row: None)
    larger_is_better: bool | None = None


def _metric(name: str) -> Callable[[ComparedRun], Any]:
    return lambda row: row.run.metrics.get(name)


def _summary(path: str) -> Callable[[ComparedRun], Any]:
    def value(row: ComparedRun) -> Any:
        found: Any = row.report.summary if row.report else None
        for name in path.split("."):
            found = getattr(found, name, None)
        return found

    return value


def _bytes(row: ComparedRun) -> int | None:
    return row.served_file["bytes"] if row.served_file else None


def _rate(row: ComparedRun) -> float | None:
    milliseconds = row.run.metrics.get("milliseconds_per_image")
    return 1000 / milliseconds if milliseconds else None


FIGURES = {
    "val_accuracy": Figure(
        "Validation accuracy",
        "share",
        _metric("val_accuracy"),
        lambda row: row.run.val_accuracy_interval,
        True,
    ),
    "test_accuracy": Figure(
        "Test accuracy", "share", _summary("accuracy"), _summary("accuracy_interval"), True
    ),
    "macro_f1": Figure("Macro F1 on test", "number", _summary("macro.f1"), larger_is_better=True),
    "log_loss": Figure("Log loss on test", "number", _summary("log_loss"), larger_is_better=False),
    "parameters": Figure("Parameters", "count", _metric("parameters"), larger_is_better=False),
    "bytes": Figure("File size", "bytes", _bytes, larger_is_better=False),
    "predictions_per_second": Figure("Predictions a second", "rate", _rate, larger_is_better=True),
    "seconds": Figure("Training time", "seconds", _metric("seconds"), larger_is_better=False),
    "epochs": Figure("Epochs", "count", _metric("epochs")),
    "best_epoch": Figure("Best epoch", "count", _metric("best_epoch")),
}


def compared_runs(
    user: User, ids: Collection[uuid.UUID] = (), **filters: uuid.UUID
) -> tuple[list[ComparedRun], int]:
    """Return the runs with these ids, or the newest that `filters` leave; and how many more.

    `filters` are `dataset_version`, `model` and `experiment`. Archived runs are compared only by
    their ids, the runs of an experiment by its id too. Raises `NotFound` for an id that `user` may
    not see, and `Invalid` for too many.
    """
    if len(ids) > MOST:
        raise Invalid(f"Up to {MOST} runs stand side by side; received {len(ids):,}.")
    everything = visible_runs(user)
    chosen = everything.filter(pk__in=ids) if ids else _filtered(listed(everything), filters)
    runs = _lean(chosen[:MOST])
    if ids and len(runs) < len(set(ids)):
        raise NotFound("One of these runs does not exist, or you cannot see it.")
    more = max(0, chosen.count() - MOST) if len(runs) == MOST else 0
    reports = {
        report.job_id: report
        for report in EvaluationReport.objects.summarized().filter(
            job__in=[run.job_id for run in runs]
        )
    }
    return [_row(run, reports.get(run.job_id)) for run in runs], more


def _row(run: Any, report: EvaluationReport | None) -> ComparedRun:
    served = (run.version_files or {}).get(SERVED_FILE)
    return ComparedRun(run, report, Status(run.job_status), run.version_pk, served)


def _lean(chosen: QuerySet[TrainingRun]) -> list[Any]:
    """Return the runs with what is compared of them: whole rows of 500 take thrice as long.

    Most are of few dataset versions, which are read once each.
    """
    related = chosen.select_related(None).annotate(
        job_status=F("job__status"),
        version_pk=F("model_version__pk"),
        version_files=F("model_version__files"),
    )
    runs = list(
        related.only(
            "name", "preset", "config", "distilled", "metrics", "created_at", "organization_id",
            "dataset_version_id", "job_id",
        )
    )  # fmt: skip
    of_runs = {run.dataset_version_id for run in runs}
    versions = DatasetVersion.objects.select_related("dataset").defer("slices").in_bulk(of_runs)
    for run in runs:
        run.dataset_version = versions[run.dataset_version_id]
    return runs


def _filtered(runs: QuerySet[TrainingRun], filters: Mapping[str, uuid.UUID]) -> QuerySet:
    others = {name: value for name, value in filters.items() if name != "experiment"}
    experiment = filters.get("experiment")
    of_it = Q(member__experiment=experiment) if experiment else Q(member=None)
    return runs.filter(of_it, **others)


def trained_on(user: User) -> list[DatasetVersion]:
    """Return the newest 100 dataset versions that the runs which `user` may see were trained on."""
    # Runs of others on the same images say nothing here, and images may be shared with the user.
    trained = Exists(TrainingRun.objects.for_user(user).filter(dataset_version=OuterRef("pk")))
    versions = DatasetVersion.objects.filter(trained).select_related("dataset")
    return list(versions.order_by("-created_at", "-id")[:100])


def setting_titles(rows: Iterable[ComparedRun], *, differing: bool) -> dict[str, str]:
    """Return the settings of these runs by their names; `differing`: with more than one value.

    A setting that only some presets have differs only where those runs have several values: the
    preset itself says the rest.
    """
    titles: dict[str, str] = {}
    values: dict[str, set[str]] = {}
    of_presets: dict[str, Any] = {}
    for row in rows:
        preset = row.run.preset
        # Made at each call: five hundred of them are a fifth of the page.
        if preset not in of_presets:
            of_presets[preset] = PRESETS[preset].settings
        settings = of_presets[preset]
        for name, value in row.run.config.items():
            if name in settings:
                titles.setdefault(name, settings[name].title)
                values.setdefault(name, set()).add(repr(value))
    return {name: title for name, title in titles.items() if not differing or len(values[name]) > 1}


def against(baseline: ComparedRun, rows: Sequence[ComparedRun]) -> dict[uuid.UUID, Comparison]:
    """Return, by run, how each differs from the baseline on the same test images.

    `only_this` counts the images that the run alone got right. Runs whose answers are not kept, or
    are about other images, are left out.
    """
    if baseline.report is None:
        return {}
    reports = {row.report.pk: row.run.pk for row in [baseline, *rows] if row.report}
    kept = {
        reports[pk]: (digest, bytes(correct))
        for pk, digest, correct in ReportAnswers.objects.filter(report__in=reports).values_list(
            "report_id", "samples_digest", "correct"
        )
    }
    digest, before = kept.pop(baseline.run.pk, ("", b""))
    return {run: compare(after, before) for run, (other, after) in kept.items() if other == digest}

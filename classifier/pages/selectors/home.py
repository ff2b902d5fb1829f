"""What the home page shows: what runs, what waits for me, datasets, live models, results."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from classifier.models import EvaluationReport, ModelAlias, ModelVersion, TrainingRun
from classifier.models.alias import CHAMPION
from classifier.models.archived import listed
from classifier.pages.selectors.waiting import Waiting, waiting_for
from classifier.training.selectors.runs import runs_of_their_own
from datasets.models import Split
from datasets.selectors.cards import DatasetCard, cards_of
from datasets.selectors.datasets import visible_datasets
from jobs.models import TERMINAL, Job, Status
from jobs.selectors.jobs import visible_jobs

ROWS = 6
CARDS = 6


@dataclass(frozen=True)
class LiveModel:
    """A model that answers, with its version's report where it was measured."""

    pointer: ModelAlias
    report: EvaluationReport | None


@dataclass(frozen=True)
class Result:
    """A run that succeeded, with its version's report where it was measured."""

    run: TrainingRun
    report: EvaluationReport | None


@dataclass(frozen=True)
class Home:
    """The parts of the page; every list is short and newest first."""

    active_jobs: list[Job]
    waiting: list[Waiting]
    cards: list[DatasetCard]
    dataset_count: int
    live: list[LiveModel]
    results: list[Result]

    @property
    def is_empty(self) -> bool:
        """Whether this person has nothing yet: the page then offers one next step."""
        return not (self.cards or self.active_jobs or self.waiting)


def home_of(user: User) -> Home:
    """Return what `user` should see first; the number of queries does not grow with the rows."""
    datasets = visible_datasets(user)
    pointers = list(_own_live(user)[:ROWS])
    runs = list(listed(runs_of_their_own(user)).filter(job__status=Status.SUCCEEDED)[:ROWS])
    versions = [pointer.version for pointer in pointers]
    versions += [run.registered_version for run in runs if run.registered_version]
    reports = reports_of(versions)
    return Home(
        active_jobs=list(
            visible_jobs(user).exclude(status__in=TERMINAL).order_by("-created_at")[:ROWS]
        ),
        waiting=waiting_for(user),
        cards=cards_of(list(datasets[:CARDS])),
        dataset_count=datasets.count(),
        live=[LiveModel(pointer, reports.get(pointer.version_id)) for pointer in pointers],
        results=[
            Result(run, reports.get(run.registered_version.pk if run.registered_version else None))
            for run in runs
        ],
    )


def reports_of(versions: Iterable[ModelVersion]) -> dict[uuid.UUID | None, EvaluationReport]:
    """Return the newest report on each version's test split that can be read, in one query."""
    reports = EvaluationReport.objects.as_it_answers().filter(
        model_version__in=[version.pk for version in versions],
        split=Split.TEST,
        metrics__isnull=False,
    )
    rows = reports.summarized().order_by("created_at")
    return {report.model_version_id: report for report in rows if report.summary}


def _own_live(user: User) -> QuerySet[ModelAlias]:
    """Return what is live of the person's organizations; built-in models are not their work."""
    return (
        ModelAlias.objects.for_user(user)
        .filter(alias=CHAMPION, model__organization__isnull=False, model__archived_at=None)
        .select_related("model__organization", "version", "version__dataset_version__dataset")
        .order_by("-version__created_at")
    )

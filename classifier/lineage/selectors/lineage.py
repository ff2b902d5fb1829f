"""The lineage of a dataset version, a run or a model version: all before it, all after it."""

import uuid

from django.db.models import Case, Min, Q, When
from django.urls import reverse

from accounts.models import User
from classifier.lineage.selectors import nodes
from classifier.lineage.selectors.graph import Graph, Node, NodeType
from classifier.lineage.selectors.outcomes import add_outcomes
from classifier.lineage.selectors.sources import add_sources
from classifier.models import ModelCopy, ModelVersion, TrainingRun
from classifier.training.selectors.teachers import version_of_teacher
from datasets.models import DatasetVersion
from datasets.selectors.versions import open_versions

# How many of one kind stand around a node; what is more is counted in one node.
MOST = 8
MOST_OF_API = 100


def lineage_of_dataset_version(user: User, version: DatasetVersion, most: int = MOST) -> Graph:
    """Return what a dataset version was frozen from, and what came of it."""
    graph = Graph()
    here = graph.add(nodes.dataset_version(version, here=True))
    add_sources(graph, user, version, here, most)
    _add_runs(graph, user, version, here, most)
    _add_ensembles(graph, user, version, here, most)
    return graph


def lineage_of_run(user: User, run: TrainingRun, most: int = MOST) -> Graph:
    """Return what a run learned from, and what it made."""
    graph = Graph()
    here = graph.add(nodes.run(run, here=True))
    _add_data(graph, user, run.dataset_version, here, most)
    _add_teacher(graph, user, run, here)
    made = run.registered_version
    if made is not None:
        _add_version(graph, user, made, here, most, alone=True)
    return graph


def lineage_of_model_version(user: User, version: ModelVersion, most: int = MOST) -> Graph:
    """Return what a model version was made of, and what came of it."""
    graph = Graph()
    here = graph.add(nodes.model_version(version, here=True))
    _add_makers(graph, user, version, here, most)
    add_outcomes(graph, user, version, here, most, alone=True)
    _add_joined(graph, user, version, here, most)
    _add_students(graph, user, version, here, most)
    return graph


def _add_runs(graph: Graph, user: User, version: DatasetVersion, here: str, most: int) -> None:
    runs = TrainingRun.objects.for_user(user).filter(dataset_version=version, member=None)
    total = runs.count()
    # Those whose version is live, then those that made one, then the newest.
    standing = Case(
        When(model_version__alias_set__isnull=False, then=0),
        When(model_version__isnull=False, then=1),
        default=2,
    )
    ranked = runs.annotate(standing=Min(standing)).order_by("standing", "-created_at", "-id")
    chosen = list(ranked.select_related("model_version__model", "job")[:most])
    for run in chosen:
        key = graph.add(nodes.run(run), after=here)
        made = run.registered_version
        if made is not None:
            _add_version(graph, user, made, key, most)
    if (more := total - len(chosen)) > 0:
        page = f"{reverse('classifier:run_list')}?dataset_version={version.pk}"
        api = f"{reverse('api:training-run-list')}?dataset_version={version.pk}"
        title = f"and {more:,} more run{'s' if more != 1 else ''}"
        graph.add(
            Node(f"more:runs:{version.pk}", NodeType.MORE, title, page=page, api=api, count=more),
            after=here,
        )


def _add_ensembles(graph: Graph, user: User, version: DatasetVersion, here: str, most: int) -> None:
    """Add versions that learned from this one as ensembles, from whatever members."""
    named = [str(version.pk)]
    rows = ModelVersion.objects.for_user(user).filter(
        Q(ensemble__learned_from__contains=named)
        | Q(ensemble__known_sources__contains=named)
        | Q(ensemble__isnull=False, dataset_version=version)
    )
    for made in rows.select_related("model").order_by("-created_at")[:most]:
        key = graph.add(nodes.ensemble(made))
        members = (made.ensemble or {}).get("members", [])
        known = [f"{NodeType.MODEL_VERSION}:{each.get('model_version')}" for each in members]
        # From its members, as far as they are there, else from the version itself.
        for start in [each for each in known if each in graph.nodes] or [here]:
            graph.edges[start, key] = None
        _add_version(graph, user, made, key, most)
    _count_more(graph, rows.count() - most, "ensemble", here)


def _add_joined(graph: Graph, user: User, version: ModelVersion, here: str, most: int) -> None:
    """Add the ensembles that a version is a member of."""
    rows = ModelVersion.objects.for_user(user).filter(
        ensemble__members__contains=[{"model_version": str(version.pk)}]
    )
    for made in rows.select_related("model").order_by("-created_at")[:most]:
        key = graph.add(nodes.ensemble(made), after=here)
        _add_version(graph, user, made, key, most)
    _count_more(graph, rows.count() - most, "ensemble", here)


def _add_teacher(graph: Graph, user: User, run: TrainingRun, here: str) -> None:
    """Add the model version whose answers a run's student learned, while it is there."""
    teacher = version_of_teacher(run)
    if teacher is not None and ModelVersion.objects.for_user(user).filter(pk=teacher.pk).exists():
        graph.add(nodes.model_version(teacher), before=here)


def _add_students(graph: Graph, user: User, version: ModelVersion, here: str, most: int) -> None:
    """Add the students that learned from a version."""
    rows = ModelVersion.objects.for_user(user).filter(distilled__teacher=str(version.pk))
    for made in rows.select_related("model").order_by("-created_at")[:most]:
        _add_version(graph, user, made, here, most)
    _count_more(graph, rows.count() - most, "student", here)


def _count_more(graph: Graph, more: int, noun: str, after: str) -> None:
    if more > 0:
        title = f"and {more:,} more {noun}{'s' if more != 1 else ''}"
        key = f"more:{noun}:{after}"
        graph.add(Node(key, NodeType.MORE, title, count=more), after=after)


def _add_version(
    graph: Graph, user: User, version: ModelVersion, after: str, most: int, *, alone: bool = False
) -> None:
    key = graph.add(nodes.model_version(version), after=after)
    add_outcomes(graph, user, version, key, most, alone=alone)


def _add_makers(graph: Graph, user: User, version: ModelVersion, here: str, most: int) -> None:
    for copy in ModelCopy.objects.filter(version=version):
        graph.add(nodes.copied(copy), before=here)
    if version.training_run is not None:
        run = version.training_run
        key = graph.add(nodes.run(run), before=here)
        _add_data(graph, user, run.dataset_version, key, most)
        _add_teacher(graph, user, run, key)
    elif version.ensemble is not None:
        key = graph.add(nodes.ensemble(version), before=here)
        _add_members(graph, user, version, key, most)
    elif version.instant_model is not None:
        key = graph.add(nodes.instant_model(version), before=here)
        graph.add(nodes.instant_dataset(version), before=key)
    elif version.imported is not None:
        graph.add(nodes.model_file(version), before=here)
    elif version.dataset_version is not None:
        _add_data(graph, user, version.dataset_version, here, most)


def _add_data(graph: Graph, user: User, version: DatasetVersion, learned: str, most: int) -> None:
    """Add the dataset version that `learned` learned from, and what that was frozen from."""
    opens = bool(open_versions(user, [version]))
    key = graph.add(nodes.dataset_version(version, opens=opens), before=learned)
    add_sources(graph, user, version, key, most)


def _add_members(graph: Graph, user: User, version: ModelVersion, here: str, most: int) -> None:
    """Add an ensemble's members, as far as they are versions, and what they learned from."""
    members = (version.ensemble or {}).get("members", [])
    ids = [each["model_version"] for each in members if each["model_version"]]
    rows = ModelVersion.objects.for_user(user).select_related(
        "model", "dataset_version__dataset", "training_run__dataset_version__dataset"
    )
    for member in rows.filter(pk__in=ids[:most]):
        key = graph.add(nodes.model_version(member), before=here)
        _add_makers(graph, user, member, key, most)
    _count_more_before(graph, len(ids) - most, here)
    learned = [uuid.UUID(pk) for pk in version.known_sources]
    if not ids:
        found = DatasetVersion.objects.for_user(user).select_related("dataset")
        for each in found.filter(pk__in=learned[:most]):
            before = graph.add(nodes.dataset_version(each), before=here)
            add_sources(graph, user, each, before, most)


def _count_more_before(graph: Graph, more: int, before: str) -> None:
    if more > 0:
        title = f"and {more:,} more member{'s' if more != 1 else ''}"
        key = f"more:members:{before}"
        graph.add(Node(key, NodeType.MORE, title, count=more), before=before)

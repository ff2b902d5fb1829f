"""What came of a model version: aliases, reports, exports, predictions."""

from django.urls import reverse

from accounts.models import User
from classifier.lineage.selectors.graph import Graph, Node, NodeType
from classifier.models import (
    EvaluationReport,
    ModelAlias,
    ModelExport,
    ModelVersion,
    Prediction,
)
from classifier.models.alias import CHAMPION

# Predictions are counted as far as this: a live model has millions.
MOST_COUNTED = 10_000
# Of a version among others its reports are one node, if there are more.
_FEW = 2


def add_outcomes(
    graph: Graph, user: User, version: ModelVersion, key: str, most: int, *, alone: bool = False
) -> None:
    """Add what came of a version; `alone` where the picture is about it, and has room."""
    for pointer in ModelAlias.objects.filter(version=version).order_by("alias")[:most]:
        graph.add(_alias(pointer), after=key)
    _add_reports(graph, user, version, key, most if alone else _FEW)
    for export in ModelExport.objects.filter(model_version=version, file__isnull=False)[:most]:
        graph.add(_export(export), after=key)
    of_user = Prediction.objects.for_user(user).filter(model_version=version).order_by()
    if count := of_user.values("pk")[: MOST_COUNTED + 1].count():
        graph.add(_predictions(version, count), after=key)


def _add_reports(graph: Graph, user: User, version: ModelVersion, key: str, most: int) -> None:
    rows = EvaluationReport.objects.for_user(user).filter(
        model_version=version, metrics__isnull=False
    )
    total = rows.count()
    shown = rows.select_related("dataset_version__dataset").order_by("-created_at")
    for report in shown.summarized()[: most if total <= most else most - 1]:
        graph.add(_report(report), after=key)
    if total > most:
        more = total - (most - 1)
        graph.add(
            Node(
                f"more:reports:{version.pk}",
                NodeType.MORE,
                f"and {more:,} more report{'' if more == 1 else 's'}",
                page=f"{reverse('classifier:model_version', args=[version.pk])}#evaluations-title",
                api=reverse("api:evaluation-list", args=[version.pk]),
                count=more,
            ),
            after=key,
        )


def _alias(pointer: ModelAlias) -> Node:
    title = "Live" if pointer.alias == CHAMPION else pointer.alias
    return Node(
        f"{NodeType.ALIAS}:{pointer.pk}",
        NodeType.ALIAS,
        title,
        "answers by default" if pointer.alias == CHAMPION else "",
        page=reverse("classifier:model", args=[pointer.model_id]),
        api=reverse("api:model-detail", args=[pointer.model_id]),
    )


def _report(report: EvaluationReport) -> Node:
    accuracy = report.summary.accuracy if report.summary else None
    return Node(
        f"{NodeType.EVALUATION}:{report.pk}",
        NodeType.EVALUATION,
        f"Report on {report.split_name}",
        f"{report.dataset_version}"
        + (f", {100 * accuracy:.1f} % right" if accuracy is not None else ""),
        report.pk,
        reverse("classifier:evaluation", args=[report.pk]),
        reverse("api:evaluation-detail", args=[report.pk]),
    )


def _export(export: ModelExport) -> Node:
    return Node(
        f"{NodeType.EXPORT}:{export.pk}",
        NodeType.EXPORT,
        export.kind_of_file.file,
        "made on request",
        export.pk,
        reverse("classifier:model_version_exports", args=[export.model_version_id]),
        reverse("api:export-detail", args=[export.pk]),
    )


def _predictions(version: ModelVersion, count: int) -> Node:
    many = count > MOST_COUNTED
    number = f"More than {MOST_COUNTED:,}" if many else f"{count:,}"
    return Node(
        f"{NodeType.PREDICTIONS}:{version.pk}",
        NodeType.PREDICTIONS,
        f"{number} prediction{'' if count == 1 else 's'}",
        "kept answers",
        page=reverse("classifier:model_version", args=[version.pk]),
        count=min(count, MOST_COUNTED),
    )

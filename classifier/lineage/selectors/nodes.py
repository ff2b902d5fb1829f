"""The nodes of lineages, made of rows."""

from django.urls import reverse

from classifier.engine.presets.registry import PRESETS
from classifier.lineage.selectors.graph import Node, NodeType
from classifier.models import ModelCopy, ModelVersion, TrainingRun
from datasets.models import Dataset, DatasetCopy, DatasetVersion
from jobs.models import Status


def dataset_version(version: DatasetVersion, *, here: bool = False, opens: bool = True) -> Node:
    """Return the node of a dataset version; it may be shared no longer, and then it has no page."""
    images = sum(sum(counts.values()) for counts in version.sample_counts.values())
    return Node(
        f"{NodeType.DATASET_VERSION}:{version.pk}",
        NodeType.DATASET_VERSION,
        str(version),
        f"{images:,} image{'' if images == 1 else 's'}",
        version.pk,
        reverse("datasets:version", args=[version.pk]) if opens else "",
        reverse("api:version-detail", args=[version.pk]) if opens else "",
        here=here,
    )


def run(run: TrainingRun, *, here: bool = False) -> Node:
    """Return the node of a training run."""
    preset = PRESETS.get(run.preset)
    title = preset.title if preset is not None else run.preset
    status = run.job.status
    return Node(
        f"{NodeType.TRAINING_RUN}:{run.pk}",
        NodeType.TRAINING_RUN,
        run.name,
        title if status == Status.SUCCEEDED else f"{title}, {status.replace('_', ' ')}",
        run.pk,
        reverse("classifier:run", args=[run.pk]),
        reverse("api:training-run-detail", args=[run.pk]),
        here=here,
    )


def model_version(version: ModelVersion, *, here: bool = False) -> Node:
    """Return the node of a model version."""
    return Node(
        f"{NodeType.MODEL_VERSION}:{version.pk}",
        NodeType.MODEL_VERSION,
        str(version),
        f"{len(version.class_names):,} classes",
        version.pk,
        reverse("classifier:model_version", args=[version.pk]),
        reverse("api:model-version-detail", args=[version.pk]),
        here=here,
    )


def copied(copy: ModelCopy | DatasetCopy) -> Node:
    """Return the node of what something was copied from; the other side may be gone."""
    by = f" by {copy.created_by}" if copy.created_by else ""
    return Node(
        f"{NodeType.COPY}:{copy.pk}",
        NodeType.COPY,
        copy.source,
        f"on {copy.created_at:%-d %B %Y}{by}",
    )


def model_file(version: ModelVersion) -> Node:
    """Return the node of the foreign file that a version came as; the import has its id."""
    facts = version.imported or {}
    return Node(
        f"{NodeType.MODEL_FILE}:{version.pk}",
        NodeType.MODEL_FILE,
        str(facts.get("file_name", "A model file")),
        f"Keras {facts['keras_version']}" if facts.get("keras_version") else "",
        version.pk,
        reverse("classifier:model_import", args=[version.pk]),
        reverse("api:model-import-detail", args=[version.pk]),
    )


def ensemble(version: ModelVersion) -> Node:
    """Return the node of the combining that made a version."""
    facts = version.ensemble or {}
    members = facts.get("members", [])
    return Node(
        f"{NodeType.ENSEMBLE}:{version.pk}",
        NodeType.ENSEMBLE,
        f"Ensemble of {len(members)}",
        str(facts.get("method", "")),
        page=reverse("classifier:model_version", args=[version.pk]),
        count=len(members),
    )


def instant_model(version: ModelVersion) -> Node:
    """Return the node of the instant model that a version was made of."""
    facts = version.instant_model or {}
    learned = facts.get("learned_from", 0)
    return Node(
        f"{NodeType.INSTANT_MODEL}:{version.pk}",
        NodeType.INSTANT_MODEL,
        "Instant model",
        f"learned from {learned:,} labelled image{'' if learned == 1 else 's'}",
        page=reverse("classifier:model_version", args=[version.pk]),
    )


def instant_dataset(version: ModelVersion) -> Node:
    """Return the node of the dataset, as it stood then, that an instant model learned from."""
    facts = version.instant_model or {}
    opens = Dataset.objects.alive().filter(pk=facts["dataset"]).exists()
    return Node(
        f"{NodeType.DATASET}:{facts['dataset']}",
        NodeType.DATASET,
        str(facts.get("dataset_name", "A dataset")),
        "as it was labelled then",
        page=reverse("datasets:detail", args=[facts["dataset"]]) if opens else "",
        api=reverse("api:dataset-detail", args=[facts["dataset"]]) if opens else "",
    )

"""A model's own gate as it stands, and the live version under it."""

from dataclasses import dataclass

from django.db.models import QuerySet

from classifier.engine.measure.gate import GateResult
from classifier.models import ModelGate, ModelVersion, RegisteredModel
from classifier.registry.selectors.gate import gate_of, live_version


@dataclass(frozen=True)
class LiveNow:
    """The live version, and what the gate says of it today."""

    version: ModelVersion
    gate: GateResult


def gate_rows(model: RegisteredModel) -> QuerySet[ModelGate]:
    """Return every gate that the model has had, the one that holds first."""
    rows = ModelGate.objects.filter(model=model).order_by("-number")
    return rows.select_related("dataset_version__dataset", "created_by")


def live_now(model: RegisteredModel) -> LiveNow | None:
    """Return the live version under today's gate; None where none is, and of a built-in model."""
    version = live_version(model)
    gate = gate_of(version) if version is not None else None
    return LiveNow(version, gate) if version is not None and gate is not None else None

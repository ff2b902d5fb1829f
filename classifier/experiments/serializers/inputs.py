"""The body that starts an experiment: what all kinds share, and where each kind's own is."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from rest_framework.exceptions import ValidationError

from classifier.experiments.serializers import kinds
from classifier.experiments.serializers.base import ExperimentInput
from classifier.experiments.services.plans.registry import PLANS

# A module of `kinds` states one as ``INPUT``; its name is the kind's.
INPUTS: dict[str, type[ExperimentInput]] = {
    found.name: import_module(f"{kinds.__name__}.{found.name}").INPUT
    for found in iter_modules(kinds.__path__)
}


def read_input(data: Any, context: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a body, by the kind that it names; raises `ValidationError`."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in INPUTS:
        raise ValidationError({"kind": [f"kind must be one of {', '.join(sorted(PLANS))}."]})
    return INPUTS[kind].read(data, context=context)

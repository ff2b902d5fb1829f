"""The file of an ensemble: what was written, and what its version says of it."""

from dataclasses import dataclass
from typing import Any

from classifier.engine.files import facts_of
from classifier.engine.libraries import library_versions
from classifier.engine.measure.ensemble import EnsembleResult
from classifier.engine.outcome import Parity
from classifier.experiments.work.ensemble_members import (
    Member,
    instant_models,
    known_sources,
    learned_from,
    others_unknown,
    write_taken,
)
from classifier.models import Experiment
from classifier.models.model_version import SERVED_FILE
from classifier.registry.services.register_ensemble import EnsembleFiles
from jobs.handlers import JobContext


@dataclass(frozen=True, kw_only=True)
class EnsembleFile:
    """What was written: how its members are weighed, how it was checked, what is in it."""

    class_names: list[str]
    image_sizes: list[int]
    fit: str
    weights: tuple[float, ...] | None
    temperatures: tuple[float, ...] | None
    temperature: float
    parity: Parity
    nodes: int
    member_nodes: int
    milliseconds: list[float]
    validation_images: int


def files_of(context: JobContext, file: EnsembleFile, members: list[Member]) -> EnsembleFiles:
    """Return what registers the version's files, with the members' own taken along."""
    folder = context.output_dir
    taken = write_taken(members, folder)
    names = [SERVED_FILE, *([taken] if taken else [])]
    return EnsembleFiles(
        folder=folder,
        class_names=file.class_names,
        files={name: dict(facts_of(folder / name)) for name in names},
        parity=dict(file.parity),
        libraries=library_versions(),
    )


def config_of(experiment: Experiment, file: EnsembleFile) -> dict[str, Any]:
    """Return the settings of the version."""
    asked = {
        name: value
        for name, value in experiment.settings.items()
        if name in ("method", "preset", "config", "count")
    }
    return {**asked, "image_sizes": file.image_sizes, "fit": file.fit}


def told_of_members(
    experiment: Experiment, result: EnsembleResult, members: list[Member]
) -> dict[str, Any]:
    """Return what the version says of its members: it outlives them."""
    return {
        "method": result.method,
        "experiment": str(experiment.pk),
        "members": [
            {
                "model_version": each.model_version or None,
                "name": each.name,
                "preset": each.preset,
                "weight": each.weight,
            }
            for each in result.members
        ],
        "learned_from": learned_from(members, experiment.dataset_version),
        "known_sources": known_sources(members, experiment.dataset_version),
        "instant_models": instant_models(members),
        "others_unknown": others_unknown(members),
    }

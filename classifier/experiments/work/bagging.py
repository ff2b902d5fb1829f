"""Fit one preset on samples of the train split that are drawn with replacement."""

import json
from pathlib import Path

from django.conf import settings

from classifier.engine.files import sha256_of, write_synced
from classifier.engine.fit.pretrained import VectorsOf
from classifier.engine.fit.shares import drawn
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.samples import PixelStore, TrainingSamples
from classifier.experiments.work.quiet import QuietObserver
from classifier.models import Experiment
from classifier.models.model_version import SERVED_FILE
from classifier.training.selectors.subgroups import subgroups_of
from classifier.training.work.kept_vectors import KeptVectors
from datasets.models import Split
from datasets.selectors.versions import samples_of
from jobs.handlers import JobContext
from storage import scratch

_DONE = "done.json"


def bagged_files(
    context: JobContext, experiment: Experiment, pixels: PixelStore
) -> list[tuple[Path, str]]:
    """Return each member's model file and its SHA-256; what an earlier attempt fitted is kept.

    (L. Breiman, "Bagging predictors", 1996.) Raises as the engine's `train` does.
    """
    # The engine's recipes are for workers alone.
    from classifier.engine.fit.folds import VectorsOnce

    version, asked = experiment.dataset_version, experiment.settings
    train, validation = (samples_of(version, each) for each in (Split.TRAIN, Split.VALIDATION))
    vectors = VectorsOnce(KeptVectors(context, experiment.organization_id), [*train, *validation])
    subgroups = subgroups_of(version, _config(asked["preset"], asked["config"], 0))
    found = []
    for number in range(asked["count"]):
        folder = context.checkpoint_dir / f"member-{number}"
        context.progress(number, asked["count"], "members", "Fitting the members")
        if not _is_done(folder):
            samples = TrainingSamples(
                train=drawn(train, number, subgroups),
                validation=validation,
                pixels=pixels,
                subgroups=subgroups,
            )
            _fit(context, experiment, samples, vectors, number, folder)
        found.append((folder / SERVED_FILE, json.loads((folder / _DONE).read_text())["sha256"]))
    return found


def _is_done(folder: Path) -> bool:
    return (folder / _DONE).exists()


def _fit(
    context: JobContext,
    experiment: Experiment,
    samples: TrainingSamples,
    vectors: VectorsOf,
    number: int,
    folder: Path,
) -> None:
    from classifier.engine.fit.training import train

    folder.mkdir(parents=True, exist_ok=True)
    asked = experiment.settings
    train(
        samples=samples,
        config=_config(asked["preset"], asked["config"], number),
        preset=asked["preset"],
        class_names=experiment.dataset_version.class_names,
        output_dir=folder,
        weights_dir=settings.WEIGHTS_DIR,
        backbones_dir=scratch.backbones_dir(),
        observer=QuietObserver(context, f"Member {number + 1} of {asked['count']}"),
        checkpoint_dir=None,
        vectors=vectors,
        measured_dir=scratch.measured_dir(),
    )
    done = {"sha256": sha256_of(folder / SERVED_FILE)}
    write_synced(folder / _DONE, json.dumps(done).encode())
    context.event("member", {"number": number})


def _config(name: str, values: dict, number: int) -> PresetConfig:
    """Return the settings of a member, with a seed of its own where the preset draws anything."""
    preset = PRESETS[name]
    stored = preset.stored_config(values)
    if "seed" in preset.settings:
        stored["seed"] = int(stored.get("seed") or 0) + number
    return checked_config(name, stored)

"""Fit one preset on samples of the train split that are drawn with replacement."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from classifier.engine.backbones.opened import OpenBackbone
from classifier.engine.files import sha256_of, write_synced
from classifier.engine.fit.pretrained import Vectors, VectorsOf
from classifier.engine.fit.shares import drawn
from classifier.engine.presets.config import PresetConfig
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.samples import PixelStore, Sample, TrainingSamples
from classifier.engine.subgroups import Subgroups
from classifier.engine.watch import Watch
from classifier.experiments.work.left_out import LeftOutOfFits
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
    version, asked = experiment.dataset_version, experiment.settings
    train, validation = (samples_of(version, each) for each in (Split.TRAIN, Split.VALIDATION))
    whole = TrainingSamples(train=train, validation=validation, pixels=pixels)
    left_out = LeftOutOfFits(context, experiment, whole)
    vectors = _Vectors(KeptVectors(context, experiment.organization_id), left_out)
    subgroups = subgroups_of(version, _config(asked["preset"], asked["config"], 0))
    found = []
    for number in range(asked["count"]):
        folder = context.checkpoint_dir / f"member-{number}"
        context.progress(number, asked["count"], "members", "Fitting the members")
        if not _is_done(folder):
            member = _Member(number, folder, subgroups)
            left_out.going_on(partial(_fit, experiment, left_out, vectors, member))
        found.append((folder / SERVED_FILE, json.loads((folder / _DONE).read_text())["sha256"]))
    return found


def _is_done(folder: Path) -> bool:
    return (folder / _DONE).exists()


class _Member(NamedTuple):
    number: int
    folder: Path
    subgroups: Subgroups | None


class _Vectors:
    """The vectors of all images that can be read, in memory: once more where one is left out."""

    def __init__(self, inner: VectorsOf, left_out: LeftOutOfFits) -> None:
        self._inner, self._left_out = inner, left_out
        self._made: tuple[int, VectorsOf] | None = None

    def __call__(
        self, backbone: OpenBackbone, samples: Sequence[Sample], twins: bool, watch: Watch
    ) -> list[Vectors]:
        # The engine's recipes are for workers alone.
        from classifier.engine.fit.folds import VectorsOnce

        known = len(self._left_out.reasons)
        if self._made is None or self._made[0] != known:
            whole = self._left_out.whole
            once = VectorsOnce(self._inner, self._left_out.of([*whole.train, *whole.validation]))
            self._made = (known, once)
        return self._made[1](backbone, samples, twins, watch)


def _fit(
    experiment: Experiment, left_out: LeftOutOfFits, vectors: VectorsOf, member: _Member
) -> None:
    from classifier.engine.fit.training import train

    number, folder, subgroups = member
    context, whole = left_out.context, left_out.whole
    samples = TrainingSamples(
        train=drawn(left_out.of(whole.train), number, subgroups),
        validation=left_out.of(whole.validation),
        pixels=whole.pixels,
        subgroups=subgroups,
    )
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

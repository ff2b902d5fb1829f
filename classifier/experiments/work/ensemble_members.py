"""The model files that an ensemble is made of, and which images they learned from."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from classifier.engine.formats.facts import TAKEN_FILE
from classifier.evaluation.selectors.kept_unseen import kept_from
from classifier.evaluation.selectors.seen import count_seen
from classifier.evaluation.selectors.taken_images import taken_images
from classifier.experiments.services.plans.ensemble import BAGGING
from classifier.experiments.work.bagging import bagged_files
from classifier.models import Experiment, ModelVersion
from datasets.decoding.pixels.store import PixelStore
from datasets.models import DatasetVersion, Split
from jobs.handlers import JobContext, JobFailed


@dataclass(frozen=True, kw_only=True)
class Member:
    """A model file that takes part; `version` is None for one that was fitted for the ensemble."""

    name: str
    preset: str
    path: Path
    sha256: str
    version: ModelVersion | None = None

    @property
    def version_id(self) -> str:
        """The id of its version, empty where it has none."""
        return str(self.version.pk) if self.version else ""

    @cached_property
    def taken(self) -> list[str]:
        """The contents that joined its training by self-training."""
        return taken_images(self.version) if self.version else []

    def seen(self, counts: "SeenCounts", split: Split, *learned: Split) -> int | None:
        """Return how many of the split's images it learned from; None where that is not known."""
        if self.version is None:
            return counts.of([str(counts.version.pk)], [], split, learned)
        found = counts.of(self.version.known_sources, self.taken, split, learned)
        is_known = self.version.learned_from is not None
        is_known = is_known or kept_from(self.version, counts.version, split)
        return found if found or is_known else None


class SeenCounts:
    """How many images of a dataset version were learned from; the same is counted once."""

    def __init__(self, version: DatasetVersion) -> None:
        self.version = version
        self._found: dict[Any, int] = {}

    def of(
        self, ids: Iterable[str], also: Sequence[str], split: Split, learned: Sequence[Split]
    ) -> int:
        """Return what `count_seen` does."""
        key = (split, tuple(learned), frozenset(ids), frozenset(also))
        if key not in self._found:
            self._found[key] = count_seen(self.version, split, key[2], also, learned=learned)
        return self._found[key]


def members_of(context: JobContext, experiment: Experiment, pixels: PixelStore) -> list[Member]:
    """Return the members; those of bagging are fitted first.

    Raises `JobFailed` where one was deleted, and as `bagged_files`.
    """
    asked = experiment.settings
    if asked["method"] == BAGGING:
        files = bagged_files(context, experiment, pixels)
        return [
            Member(name=name, preset=asked["preset"], path=path, sha256=sha256)
            for name, (path, sha256) in zip(asked["names"], files, strict=True)
        ]
    versions = ModelVersion.objects.select_related("model", "dataset_version").filter(
        pk__in=asked["members"], model__organization=experiment.organization
    )
    there = {str(each.pk): each for each in versions}
    return [
        _member(there.get(version_id), name)
        for version_id, name in zip(asked["members"], asked["names"], strict=True)
    ]


def _member(version: ModelVersion | None, name: str) -> Member:
    if version is None or version.served_file is None:
        detail = f"{name} was deleted."
        raise JobFailed("bad_data", detail, "Start again without it.", retry=False)
    sha256 = version.served_file["sha256"]
    return Member(
        name=name, preset=version.preset, path=version.served_path, sha256=sha256, version=version
    )


def known_sources(members: list[Member], version: DatasetVersion) -> list[str]:
    """Return the dataset versions that members are known to have learned from, and its own."""
    found = {str(version.pk)}
    for each in members:
        if each.version is not None:
            found |= set(each.version.known_sources)
    return sorted(found)


def learned_from(members: list[Member], version: DatasetVersion) -> list[str] | None:
    """Return the dataset versions that all members learned from, and that of the ensemble.

    None where it is not known of one of them.
    """
    versions = [each.version for each in members if each.version is not None]
    if any(each.learned_from is None for each in versions):
        return None
    return known_sources(members, version)


def instant_models(members: list[Member]) -> list[dict[str, str]]:
    """Return the instant models among the members and behind them, each once."""
    versions = [each.version for each in members if each.version is not None]
    found: list[dict[str, str]] = []
    for instant in (one for each in versions for one in each.instant_models):
        if instant not in found:
            found.append(instant)
    return found


def others_unknown(members: list[Member]) -> bool:
    """Whether `ModelVersion.others_unknown` holds of a member."""
    return any(each.version.others_unknown for each in members if each.version is not None)


def seen_together(members: list[Member], counts: SeenCounts, split: Split) -> int | None:
    """Return how many images of the split any member is known to have learned from.

    None where that is none, and not known of one of them.
    """
    learned = (Split.TRAIN, Split.VALIDATION)
    also = [sha256 for each in members for sha256 in each.taken]
    found = counts.of(known_sources(members, counts.version), also, split, learned)
    unknown = any(each.seen(counts, split, *learned) is None for each in members)
    return None if unknown and not found else found


def write_taken(members: list[Member], folder: Path) -> str | None:
    """Write which unlabelled images joined the training of any member; return the file's name.

    None where none did.
    """
    taken = {sha256 for each in members for sha256 in each.taken}
    if not taken:
        return None
    with (folder / TAKEN_FILE).open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image_sha256"])
        rows.writerows([each] for each in sorted(taken))
    return TAKEN_FILE

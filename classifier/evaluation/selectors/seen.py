"""How many images of a split a model learned from."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

from classifier.evaluation.selectors.kept_unseen import kept_from, kept_from_teacher
from classifier.evaluation.selectors.taken_images import taken_images
from classifier.models import ModelVersion
from datasets.models import DatasetVersion, Sample, Split

_LEARNED = (Split.TRAIN, Split.VALIDATION)


def seen_by(
    version: ModelVersion,
    dataset_version: DatasetVersion,
    split: Split,
) -> int | None:
    """Return how many images of the split the model was trained on or chosen by.

    None where that is not known: of what was trained elsewhere, or of an instant model that did not
    leave the split out, or was made of such a model, and is known to have seen none.
    """
    found = count_seen(dataset_version, split, version.known_sources, taken_images(version))
    unknown = version.learned_from is None and not kept_from(version, dataset_version, split)
    return None if unknown and not found else found


def seen_by_student(
    dataset_version: DatasetVersion, split: Split, distilled: dict[str, Any], taught: Sequence[str]
) -> int | None:
    """Return how many images of its version's split a student knows, by itself or by its teacher.

    `distilled` is what its run keeps of the teacher, `taught` the contents without a class that
    joined the teacher's training. None where it is not known what the teacher learned from.
    """
    sources = [str(dataset_version.pk), *distilled["known_sources"]]
    found = count_seen(dataset_version, split, sources, taught)
    is_known = distilled["learned_from"] is not None
    is_known = is_known or kept_from_teacher(distilled, dataset_version, split)
    return found if found or is_known else None


def validation_seen_by_teacher(
    dataset_version: DatasetVersion, distilled: dict[str, Any], taught: Sequence[str]
) -> int | None:
    """Return how many of the student's validation images its teacher's weights were fitted on.

    None where that is not known.
    """
    split, sources = Split.VALIDATION, distilled["known_sources"]
    found = count_seen(dataset_version, split, sources, taught, learned=(Split.TRAIN,))
    return None if distilled["learned_from"] is None and not found else found


def count_seen(
    dataset_version: DatasetVersion,
    split: Split,
    learned_from: Iterable[str],
    also: Sequence[str] = (),
    *,
    learned: Sequence[Split] = _LEARNED,
) -> int:
    """Return how many images of the split are in one of the splits `learned` of these versions.

    `learned_from` are ids of dataset versions, `also` further contents (SHA-256).
    """
    known = Sample.objects.filter(version__in=list(learned_from), split__in=learned)
    asked = Sample.objects.kept().filter(version=dataset_version, split=split)
    return asked.filter(Q(sha256__in=known.values("sha256")) | Q(sha256__in=also)).count()

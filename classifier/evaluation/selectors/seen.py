"""How many images of a split a model learned from."""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from classifier.evaluation.selectors.kept_unseen import kept_from
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

    None where that is not known: of an ensemble with a member that was trained elsewhere, where
    the others have seen none.
    """
    if kept_from(version, dataset_version, split):
        return 0
    found = count_seen(dataset_version, split, version.known_sources, taken_images(version))
    return None if version.learned_from is None and not found else found


def seen_by_student(
    dataset_version: DatasetVersion, split: Split, teacher: ModelVersion
) -> int | None:
    """Return how many images of its version's split a student knows, by itself or by its teacher.

    None where that is not known of the teacher.
    """
    sources = [str(dataset_version.pk), *teacher.known_sources]
    found = count_seen(dataset_version, split, sources, taken_images(teacher))
    is_known = teacher.learned_from is not None or kept_from(teacher, dataset_version, split)
    return found if found or is_known else None


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

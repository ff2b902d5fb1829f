"""Who gave a version's images their classes, and what is known of its quality, as parts."""

from collections.abc import Iterator

from django.db.models import Count, F, Q, QuerySet

from common.documents.parts import Facts, Part, Table, Words
from datasets.models import Annotation, DatasetVersion, Sample, Split
from datasets.models.annotation import BY_PEOPLE, MODEL
from datasets.selectors.copies import copies_in
from datasets.selectors.quality import quality_of
from datasets.selectors.sheet.composition import count
from datasets.selectors.versions import leaks_of

_MOST_PEOPLE = 30
_CORRECTED = Q(previous_class_name__gt="", class_name__gt="") & ~Q(
    previous_class_name=F("class_name")
)


def labelling(version: DatasetVersion) -> Iterator[Part]:
    """Yield how many classes came with the images, who gave the others, and corrections.

    Counted until the version was frozen.
    """
    total = Sample.objects.kept().filter(version=version).count()
    given = Annotation.objects.filter(
        image__samples__version=version, created_at__lte=version.created_at
    )
    # What came with a copy of the dataset was given by people elsewhere.
    by_people = Q(source__in=BY_PEOPLE)
    here, by_model = given.filter(by_people), given.filter(source__startswith=MODEL)
    copied = given.exclude(by_people).exclude(source__startswith=MODEL)
    people = list(
        here.order_by()
        .values_list("created_by__username")
        .annotate(images=Count("image", distinct=True), corrections=Count("pk", filter=_CORRECTED))
        .order_by("-images")
    )
    by_hand = _images(here)
    by_model = by_model.exclude(image__in=here.values("image"))
    of_model = _images(by_model) if by_model.exists() else 0
    copied = copied.exclude(image__in=here.values("image"))
    with_copy = (
        _images(copied.exclude(image__in=by_model.values("image"))) if copied.exists() else 0
    )
    rows = [("Came with their class", count(total - by_hand - of_model - with_copy))]
    if of_model:
        rows.append(("Given a class by a model, not looked at since", count(of_model)))
    if with_copy:
        rows.append(("Came with the copy of the dataset", count(with_copy)))
    yield Facts(
        [
            *rows,
            ("Given a class by hand", count(by_hand)),
            ("People who did", count(len(people))),
            ("Corrections", count(here.filter(_CORRECTED).count())),
        ]
    )
    if people:
        yield Table(
            "Who labelled",
            ["Person", "Images", "Corrections"],
            [[name or "a person who has left", count(images), count(corrections)]
             for name, images, corrections in people[:_MOST_PEOPLE]],
            frozenset({1, 2}),
        )  # fmt: skip
        yield Words(
            "Counted until the version was frozen. A correction gives an image that had a class "
            "another one; merging classes counts too."
        )


def _images(annotations: QuerySet[Annotation]) -> int:
    return annotations.order_by().values("image").distinct().count()


def splits(version: DatasetVersion) -> Iterator[Part]:
    """Yield how the images were divided."""
    fractions = version.fractions
    shares = ", ".join(
        f"{name} {fractions[name] * 100:.4g} %" for name in Split.labels if name in fractions
    )
    yield Facts(
        [
            ("Strategy", version.get_strategy_display()),
            ("Shares", shares if version.strategy != "folder" else "as in the archive"),
            ("Seed", str(version.seed)),
            ("Test images of earlier versions",
             "kept in test" if version.keep_test else "divided again"),
        ]
    )  # fmt: skip


def quality(version: DatasetVersion) -> Iterator[Part]:
    """Yield copies within the version, and what the dataset's check finds today."""
    leaks = leaks_of(version)
    yield Facts(
        [
            ("Files in more than one split", count(leaks["splits"])),
            ("Files under more than one class", count(leaks["classes"])),
        ]
    )
    if leaks["splits"]:
        yield Words(
            "The same file is learned from and tested on: figures on the test split are too good.",
            warning=True,
        )
    found = quality_of(version.dataset)
    if found.checked_at is None:
        yield Words("The dataset’s quality was never checked.")
        return
    stale = ", before its last change" if found.stale else ""
    yield Words(
        f"The check of the whole dataset of {found.checked_at:%d %B %Y}{stale}: "
        f"{copies_in(version.dataset):,} images are copies of another, exact or near; "
        f"{found.open:,} findings are open today."
    )
    if found.findings:
        yield Table(
            "Open findings of the dataset today",
            ["Finding", "Images", "To decide"],
            [[each.kind.label, count(each.count), count(each.items)] for each in found.findings],
            frozenset({1, 2}),
        )

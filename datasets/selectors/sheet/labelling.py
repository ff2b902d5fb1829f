"""Who gave a version's images their classes, and what is known of its quality, as parts."""

from collections.abc import Iterator

from django.db.models import Count, F, Q

from common.documents.parts import Facts, Part, Table, Words
from datasets.models import Annotation, DatasetVersion, Sample, Split
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
    samples = Sample.objects.kept().filter(version=version)
    given = Annotation.objects.filter(
        image__samples__version=version, created_at__lte=version.created_at
    )
    people = list(
        given.order_by()
        .values_list("created_by__username")
        .annotate(images=Count("image", distinct=True), corrections=Count("pk", filter=_CORRECTED))
        .order_by("-images")
    )
    total = samples.count()
    by_hand = given.order_by().values("image").distinct().count()
    yield Facts(
        [
            ("Came with their class", count(total - by_hand)),
            ("Given a class by hand", count(by_hand)),
            ("People who did", count(len(people))),
            ("Corrections", count(given.filter(_CORRECTED).count())),
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

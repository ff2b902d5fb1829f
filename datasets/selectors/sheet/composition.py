"""What a version holds and where that came from, as parts of its sheet."""

from collections.abc import Iterator

from django.db.models import Count, Max, Min

from common.documents.parts import Facts, Figure, Part, Table, Words
from common.sentences import listed
from datasets.analysis.balance import FEWEST, balance
from datasets.models import Dataset, DatasetCopy, DatasetVersion, Image, Sample, Split
from datasets.selectors.forgotten import forgotten_in
from datasets.selectors.left_out import Reason
from datasets.selectors.licences import LicenceCount, licences_of, unstated
from datasets.selectors.slices import slices_of

# A table of more classes is no reading; the smallest ones say most.
MOST_CLASSES = 200
_FEW_CLASSES = 50
_MOST_SOURCES = 100
_LEFT_OUT = {
    Reason.UNLABELLED: "without a class",
    Reason.EXCLUDED: "left out by hand",
    Reason.TRASH: "in the trash",
}


def count(number: int) -> Figure:
    """Return a number of things."""
    return Figure(f"{number:,}", number)


def share(part: float) -> Figure:
    """Return a share from 0 to 1 in percent."""
    return Figure(f"{part * 100:.1f} %", part)


def composition(version: DatasetVersion) -> Iterator[Part]:
    """Yield how many images of which classes, what they are, and what was left out."""
    totals = {name: sum(counts.values()) for name, counts in version.sample_counts.items()}
    yield Facts(
        [
            ("Images", count(sum(totals.values()))),
            *((f"For {label}", count(totals.get(label, 0))) for label in Split.labels),
            ("Classes", count(len(version.class_names))),
            *_files(version),
            ("Digest", version.digest),
        ]
    )
    yield class_table(version)
    columns = [each for each in slices_of(version) if not each.left_out]
    if columns:
        yield Table(
            "Columns of metadata that divide the images",
            ["Column", "Subgroups"],
            [[each.column, count(len(each.counts))] for each in columns],
            frozenset({1}),
        )
    if version.left_out is None:
        yield Words("What was left out was not kept when this version was frozen.")
    elif version.left_out:
        said = [f"{row['count']:,} {_LEFT_OUT[Reason(row['reason'])]}" for row in version.left_out]
        yield Words(f"Left out when it was frozen: {listed(said)}.")
    if forgotten := forgotten_in(version):
        yield Words(f"{forgotten.sentence} since then: hash, class and split stay.")


def class_table(version: DatasetVersion) -> Table:
    """Return the images of each class and split, with very many classes of the smallest."""
    counts = version.sample_counts
    rows = [
        (name, [counts.get(split, {}).get(name, 0) for split in Split.labels])
        for name in version.class_names
    ]
    title = "Images per class"
    if len(rows) > MOST_CLASSES:
        rows = sorted(rows, key=lambda row: sum(row[1]))[:_FEW_CLASSES]
        title = f"Images per class: the {_FEW_CLASSES} smallest of {len(version.class_names):,}"
    return Table(
        title,
        ["Class", *Split.labels, "all"],
        [[name, *map(count, split), count(sum(split))] for name, split in rows],
        frozenset(range(1, 5)),
    )


def _files(version: DatasetVersion) -> list[tuple[str, str]]:
    images = Image.objects.filter(samples__version=version, forgetting=None)
    sizes = images.aggregate(
        low=Min("width"), high=Max("width"), least=Min("height"), most=Max("height")
    )
    formats = images.order_by().values_list("format").annotate(count=Count("pk"))
    if sizes["low"] is None:
        return []
    said = [f"{name} {found:,}" for name, found in sorted(formats, key=lambda row: -row[1])]
    return [
        ("Formats", listed(said)),
        ("Width, pixels", f"{sizes['low']:,} to {sizes['high']:,}"),
        ("Height, pixels", f"{sizes['least']:,} to {sizes['most']:,}"),
    ]


def sources(version: DatasetVersion) -> Iterator[Part]:
    """Yield with which imports the images came."""
    copy = copy_of(version.dataset)
    if copy is not None:
        yield from _copied(copy)
    unknown = f"copied from {copy.source}" if copy is not None else "not known"
    found = list(
        Sample.objects.kept()
        .filter(version=version)
        .order_by()
        .values_list(
            "image__source__archive_name",
            "image__source__created_at",
            "image__source__created_by__username",
            "image__sent",
        )
        .annotate(images=Count("pk"))
        .order_by("-images")[: _MOST_SOURCES + 1]
    )
    yield Table(
        "What the images came with",
        ["Source", "When", "By", "Images"],
        [
            [
                name or ("sent without an archive" if sent else unknown),
                f"{at:%d %B %Y}" if at else "",
                by or "",
                count(images),
            ]
            for name, at, by, sent, images in found[:_MOST_SOURCES]
        ],
        frozenset({3}),
    )
    if len(found) > _MOST_SOURCES:
        yield Words(f"Only the {_MOST_SOURCES} largest sources are listed.")
    yield Words(
        "Loupe turns images upright and takes out what cameras wrote into them (place, time, "
        "comments)."
    )


def copy_of(dataset: Dataset) -> DatasetCopy | None:
    """Return the copying that made a dataset, None where it is no copy."""
    return DatasetCopy.objects.select_related("created_by").filter(dataset=dataset).first()


def _copied(copy: DatasetCopy) -> Iterator[Part]:
    """Yield of what the dataset is a copy, and what was changed of its classes."""
    by = f" by {copy.created_by.get_username()}" if copy.created_by else ""
    yield Words(f"The dataset is a copy of {copy.source}, made on {copy.created_at:%d %B %Y}{by}.")
    if copy.class_mapping:
        yield Table(
            "Classes that were changed by the copy",
            ["There", "Here"],
            [[there, here or "left out"] for there, here in copy.class_mapping.items()],
        )


def licence_parts(rows: list[LicenceCount], title: str = "") -> Iterator[Part]:
    """Yield a table of licences with counts, and what is to be known of them."""
    yield Table(
        title,
        ["Licence", *Split.labels, "all"],
        [
            [row.licence.label, count(row.train), count(row.validation), count(row.test),
             count(row.images)]
            for row in rows
        ],
        frozenset(range(1, 5)),
    )  # fmt: skip
    if len({row.licence for row in rows}) > 1:
        yield Words("The images do not all have the same licence: their imports differ.")
    barred = [row for row in rows if row.licence.non_commercial]
    if barred:
        images = sum(row.images for row in barred)
        names = listed([row.licence.label for row in barred])
        yield Words(f"{images:,} images allow no commercial use ({names}).", warning=True)


def licences(version: DatasetVersion) -> tuple[list[Part], int]:
    """Return the parts about a version's licences, and how many images have none stated."""
    rows = licences_of([version])
    return list(licence_parts(rows)), unstated(rows)


def spread(version: DatasetVersion) -> Iterator[Part]:
    """Yield how evenly the images are spread over the classes."""
    names = version.class_names
    sizes = [
        sum(version.sample_counts.get(split, {}).get(name, 0) for split in Split.labels)
        for name in names
    ]
    found = balance(sizes)
    if found.smallest is None:
        return
    largest = max(range(len(sizes)), key=sizes.__getitem__)
    yield Facts(
        [
            ("Largest class", f"{names[largest]}: {sizes[largest]:,}"),
            ("Smallest class", f"{names[found.smallest]}: {sizes[found.smallest]:,}"),
            ("Largest over smallest", Figure(f"{found.imbalance_ratio:.1f}",
                                             round(found.imbalance_ratio, 4))),
        ]
    )  # fmt: skip
    if found.too_small:
        few = [f"{names[index]} ({sizes[index]:,})" for index in found.too_small]
        yield Words(f"Fewer than {FEWEST} images: {listed(few)}.", warning=True)

"""The sheet of a dataset version, by the headings of "Datasheets for Datasets".

T. Gebru et al., Communications of the ACM 64(12), 2021. Facts are computed when asked.
"""

from django.urls import reverse
from django.utils import timezone

from common.documents.parts import Document, Elsewhere, Section, Words
from datasets.models import Dataset, DatasetVersion
from datasets.selectors.sheet import asked
from datasets.selectors.sheet.composition import composition, licences, sources, spread
from datasets.selectors.sheet.labelling import labelling, quality, splits


def sheet_of(version: DatasetVersion) -> Document:
    """Return the sheet of a version: facts as of now, and what people wrote of it."""
    dataset = version.dataset
    said = asked.texts_of(version).said
    licence_parts, without = licences(version)
    described = [Words(dataset.description)] if dataset.description else []
    sections = [
        Section("motivation", "Motivation", [*described, said(asked.MOTIVATION)]),
        Section("composition", "Composition", list(composition(version))),
        Section(
            "collection",
            "Collection",
            [*sources(version), said(asked.COLLECTION), said(asked.PEOPLE)],
        ),
        Section("labelling", "Labelling", [*labelling(version), said(asked.LABELLING)]),
        Section("licences", "Licences", [*licence_parts, *unstated_licences(dataset, without)]),
        Section("splits", "Splits", list(splits(version))),
        Section("quality", "Copies and findings of quality", list(quality(version))),
        Section("balance", "Balance", list(spread(version))),
        Section("known-gaps", "Known gaps", [said(asked.KNOWN_GAPS)]),
        Section("uses", "Uses", [said(asked.USES)]),
        Section("maintenance", "Maintenance", [said(asked.MAINTENANCE)]),
    ]
    return Document(
        kind="dataset_sheet",
        title=f"Dataset sheet: {version}",
        about=f"It belongs to version {version.number} of {dataset.name}, frozen on "
        f"{version.created_at:%d %B %Y}.{state_of(dataset)}",
        ids={"dataset_version": str(version.pk), "dataset": str(dataset.pk)},
        made_at=timezone.now(),
        sections=sections,
    )


def unstated_licences(dataset: Dataset, images: int) -> list[Elsewhere]:
    """Return the gap that images without a stated licence leave."""
    if not images:
        return []
    return [
        Elsewhere(
            "Licence of the images",
            f"the licence of {images:,} image{'' if images == 1 else 's'} of {dataset.name} is not "
            "stated.",
            reverse("datasets:settings", args=[dataset.pk]) if dataset.deleted_at is None else "",
        )
    ]


def state_of(dataset: Dataset) -> str:
    """Return a sentence about a dataset that is not there any more; empty for one that is."""
    if dataset.purged_at is not None:
        return f" {dataset.name} was deleted on {dataset.purged_at:%d %B %Y}; this version is kept."
    if dataset.deleted_at is not None:
        return f" {dataset.name} has been in the trash since {dataset.deleted_at:%d %B %Y}."
    return ""

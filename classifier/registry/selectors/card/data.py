"""What a version learned from, with its licences, as parts of its card."""

import uuid
from collections.abc import Iterator

from django.urls import reverse

from accounts.selectors.sharing import may_read
from classifier.evaluation.selectors.not_known import instant_behind
from classifier.models import ModelVersion
from classifier.registry.selectors.card.origin import copied_from
from classifier.registry.selectors.card.words import count
from common.documents.parts import Cell, Elsewhere, Facts, Part, Table, Words
from datasets.models import Dataset, DatasetVersion, Split
from datasets.selectors.licences import licences_in, licences_of, unstated
from datasets.selectors.sheet.composition import class_table, licence_parts
from datasets.selectors.sheet.sheet import state_of, unstated_licences
from datasets.selectors.versions import leaks_of

LICENCES = "Licences of the images, as stated today"
_NOT_KNOWN = "What it learned from is not known to Loupe."
_MEMBER_NOT_KNOWN = (
    "That is not all: a member was not trained on a version here, so what that one learned from is "
    "not known to Loupe."
)
_TEACHER_NOT_KNOWN = (
    "That is not all: its teacher was not trained on a version here, so what that one learned from "
    "is not known to Loupe."
)
_INSTANT = (
    "That is not all. {} is an instant model, or was made of one, and which images taught that one "
    "was not written down."
)


def learned_versions(version: ModelVersion) -> list[DatasetVersion]:
    """Return the dataset versions that a version learned from, as far as they are known."""
    ids = [uuid.UUID(each) for each in version.known_sources]
    rows = DatasetVersion.objects.filter(pk__in=ids).select_related("dataset__organization")
    return list(rows.order_by("created_at"))


def data(version: ModelVersion) -> Iterator[Part]:
    """Yield the data and its licences."""
    if version.model.built_in:
        yield Words(
            "It learned from the photographs of ImageNet (ILSVRC 2012, 1,000 classes), which are "
            "no part of Loupe; their owners’ licences are not known to it."
        )
        return
    if version.instant_model:
        yield from _of_instant_model(version)
        return
    found = learned_versions(version)
    if not found:
        source = copied_from(version)
        said = f"It is a copy of {source}, which knows what it learned from." if source else ""
        yield Words(said or _NOT_KNOWN, warning=True)
        return
    yield from _of_versions(version, found)


def _of_versions(version: ModelVersion, found: list[DatasetVersion]) -> Iterator[Part]:
    yield Table(
        "Dataset versions that it learned from",
        ["Dataset version", *Split.labels],
        [
            [
                str(each),
                *(count(sum(each.sample_counts.get(name, {}).values())) for name in Split.labels),
            ]
            for each in found
        ],
        frozenset({1, 2, 3}),
    )
    yield Facts([(f"Digest of {each}", each.digest) for each in found])
    yield Words("It learned from train; validation chose the best epoch; test was kept from it.")
    if version.learned_from is None:
        yield Words(_not_known(version), warning=True)
    if len(version.known_sources) > len(found):
        yield Words("Not all versions that it learned from are there any more.", warning=True)
    own = [each for each in found if _is_own(version, each.dataset)]
    for said in filter(None, (state_of(each.dataset) for each in own)):
        yield Words(said.strip(), warning=True)
    for each in found:
        if leaks_of(each)["splits"]:
            yield Words(
                f"{each} has the same file in more than one split: figures on its test split are "
                "too good.",
                warning=True,
            )
    yield from _joined(version)
    if len(found) == 1:
        yield class_table(found[0])
    yield from _licences(version, found)


def _not_known(version: ModelVersion) -> str:
    if version.instant_models:
        return _INSTANT.format(instant_behind(version))
    return _TEACHER_NOT_KNOWN if version.distilled else _MEMBER_NOT_KNOWN


def _is_own(version: ModelVersion, dataset: Dataset) -> bool:
    return dataset.organization_id == version.model.organization_id


def _licences(version: ModelVersion, found: list[DatasetVersion]) -> Iterator[Part]:
    """Yield the licences as stated today, of another organization's data while it shares them."""
    owner = version.model.organization
    open_to = [each for each in found if owner and may_read(owner, each.dataset.subject)]
    for each in found:
        if each not in open_to:
            yield Words(
                f"The licences of {each} are not known here: its organization does not share it "
                "any more.",
                warning=True,
            )
    if open_to:
        yield from licence_parts(licences_of(open_to), LICENCES)
    for dataset in {each.dataset_id: each.dataset for each in open_to}.values():
        without = unstated(licences_of([each for each in found if each.dataset_id == dataset.pk]))
        if _is_own(version, dataset):
            yield from unstated_licences(dataset, without)
        elif without:
            yield Words(
                f"The licence of {without:,} images of {dataset.name} is not stated: that is for "
                f"{dataset.organization.name} to do.",
                warning=True,
            )


def _joined(version: ModelVersion) -> Iterator[Part]:
    """Yield how many unlabelled images joined by self-training, or with a teacher's answers."""
    run = version.training_run
    answered = run.metrics.get("distillation", {}).get("unlabelled") if run else None
    if answered:
        yield Words(
            f"{answered:,} images without a class joined the training, with the teacher’s answers."
        )
    taken = run.metrics.get("self_training", {}).get("taken") if run else None
    if taken:
        yield Words(
            f"{taken:,} images without a class joined the training, with the class that a first "
            "fit was sure of."
        )


def _of_instant_model(version: ModelVersion) -> Iterator[Part]:
    made = version.instant_model or {}
    facts: list[tuple[str, Cell]] = [
        ("Dataset", made["dataset_name"]),
        ("Learned from", count(made["learned_from"])),
        ("Labelled then", count(made["labelled"])),
        ("Kept for tests", count(made["held_out"])),
        ("Vectors", made["embedding"]),
    ]
    yield Facts(facts)
    datasets = Dataset.objects.filter(organization=version.model.organization)
    dataset = datasets.filter(pk=made["dataset"]).first()
    if dataset is None:
        yield Words(
            f"The dataset {made['dataset_name']} was deleted, so the licences of its images are "
            "not known any more.",
            warning=True,
        )
        return
    if said := state_of(dataset):
        yield Words(said.strip(), warning=True)
    yield Words(
        "It learned from a dataset as it was then, which no version keeps: these are the licences "
        "of all its images today."
    )
    rows = licences_in(dataset)
    yield Table(
        LICENCES,
        ["Licence", "Images"],
        [[row.licence.label, count(row.images)] for row in rows],
        frozenset({1}),
    )
    if without := unstated(rows):
        place = reverse("datasets:settings", args=[dataset.pk]) if not dataset.deleted_at else ""
        ask = f"the licence of {without:,} images of {dataset.name} is not stated."
        yield Elsewhere("Licence of the images", ask, place)

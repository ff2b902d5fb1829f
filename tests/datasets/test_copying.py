"""Copies of datasets into another organization: what comes, what it is called, what remains."""

import pytest

from accounts.errors import QuotaExceeded
from accounts.models import AuditEntry
from accounts.services.sharing import accept_share, end_share, offer_share
from common.errors import Forbidden, Invalid
from datasets.models import Annotation, Dataset, DatasetCopy, Image, ImageFingerprint
from datasets.selectors.copying import Source, checked_mapping, plan_of
from datasets.selectors.image_counts import miscounted_datasets
from datasets.selectors.usage import stored_bytes
from datasets.services.copy_dataset import start_copy
from datasets.services.versions.freeze import freeze
from storage import durable
from storage.names import blob_name
from tests import factories


@pytest.fixture
def shared(transactional_db):
    """The dataset's owner, a reader with leave to copy, and the share."""
    owner, reader = factories.make_user(), factories.make_user()
    dataset = factories.make_dataset(user=owner, name="Animals")
    for name in ("cat", "dog", "fox"):
        factories.make_images(dataset, name, 4)
    factories.make_images(dataset, "", 1)
    return owner, reader, dataset, _share(owner, reader, dataset)


def _share(owner, reader, dataset):
    offer = offer_share(
        user=owner,
        subject=dataset.subject,
        receiver=reader.personal_organization.slug,
        may_copy=True,
    )
    return accept_share(user=reader, share=offer)


def _start(reader, source, mapping=None) -> DatasetCopy:
    return start_copy(
        user=reader,
        source=source,
        organization=reader.personal_organization,
        class_mapping=mapping,
    )


def test_a_version_is_copied_with_its_classes_mapped(shared, run_job):
    owner, reader, dataset, share = shared
    dataset.classes.filter(name="dog").update(description="Barks.")
    # One content is a cat and a dog: merged, it comes once.
    twin = factories.make_images(dataset, "cat", 1)[0]
    twin.class_label = dataset.classes.get(name="dog")
    twin.save(update_fields=["class_label"])
    Dataset.objects.filter(pk=dataset.pk).update(licence="CC-BY-4.0")
    version = freeze(user=owner, dataset=dataset, train=0.5, validation=0.25, test=0.25)
    mapping = {"cat": "pet", "dog": "pet", "fox": ""}
    plan = plan_of(Source(dataset, version), mapping)
    by_class = {each.class_name: each for each in plan.classes}
    assert (by_class["fox"].images, by_class["fox"].target) == (0, "")
    copy = _start(reader, Source(dataset, version), mapping)
    job = run_job(copy.job)
    assert job.status == "succeeded", job.error
    copy.refresh_from_db()
    made = copy.dataset
    assert made.organization == reader.personal_organization
    assert made.licence == "CC-BY-4.0"
    images = Image.objects.filter(dataset=made)
    assert images.count() == plan.images == copy.counts["images"]
    assert (plan.images, by_class["cat"].twins + by_class["dog"].twins) == (8, 1)
    assert [(label.name, label.description) for label in made.classes.all()] == [("pet", "Barks.")]
    splits = {sample.sha256: sample.get_split_display() for sample in version.samples.all()}
    assert all(image.split == splits[image.sha256] for image in images)
    # The same files, counted for the new owner, who can say where each label came from.
    assert durable.missing(blob_name(image.sha256) for image in images) == []
    assert stored_bytes(reader.personal_organization) == plan.bytes
    assert miscounted_datasets() == 0
    labels = Annotation.objects.filter(image__dataset=made)
    assert labels.count() == plan.images
    note = labels.first()
    where = f"Animals version 1 of {owner.personal_organization.name}"
    assert (note.source, note.created_by) == (f"copied from {where}", None)
    assert (note.class_name, note.previous_class_name in ("cat", "dog")) == ("pet", True)
    # Where it came from stays when the share ends and the source is renamed.
    end_share(user=owner, share=share)
    Dataset.objects.filter(pk=dataset.pk).update(name="Other")
    copy = Dataset.objects.get(pk=made.pk).copied_from
    assert (copy.source, copy.created_by) == (where, reader)
    actions = set(AuditEntry.objects.values_list("organization", "action"))
    assert (reader.personal_organization.pk, "dataset.copy") in actions
    assert (owner.personal_organization.pk, "dataset.copied_away") in actions


def test_a_dataset_is_copied_as_it_is_now(shared, run_job, client):
    _, reader, dataset, _ = shared
    ImageFingerprint.objects.all().delete()
    copy = _start(reader, Source(dataset, None), {"cat": "katze"})
    run_job(copy.job)
    copy.refresh_from_db()
    assert copy.counts["images"] == 13
    names = set(copy.dataset.classes.values_list("name", flat=True))
    assert names == {"katze", "dog", "fox"}
    assert Image.objects.filter(dataset=copy.dataset, class_label=None).count() == 1
    # Its images came with the copy: their source is known.
    frozen = freeze(user=reader, dataset=copy.dataset, train=0.5, validation=0.25, test=0.25)
    factories.sign_in(client, reader)
    lineage = client.get(f"/api/v1/dataset-versions/{frozen.pk}/lineage/").json()
    assert [node["type"] for node in lineage["nodes"]] == ["copy", "dataset_version"]


def test_a_copy_of_what_is_no_longer_shared_leaves_nothing(shared, run_job):
    owner, reader, dataset, share = shared
    copy = _start(reader, Source(dataset, None))
    job = run_job(copy.job, at={"Counting": lambda: end_share(user=owner, share=share)})
    assert (job.status, job.error["code"]) == ("failed", "share_ended")
    assert not Dataset.objects.filter(organization=reader.personal_organization).exists()
    with pytest.raises(Exception, match="no such object"):
        _start(reader, Source(dataset, None))


def test_the_quota_is_the_receivers(shared):
    _, reader, dataset, _ = shared
    theirs = reader.personal_organization
    theirs.max_images = 12
    theirs.save()
    with pytest.raises(QuotaExceeded, match="may have 12 images"):
        _start(reader, Source(dataset, None))


def test_a_mapping_names_what_there_is(shared):
    source = Source(shared[2], None)
    with pytest.raises(Invalid, match="no class 'wolf'") as refused:
        checked_mapping(source, {"wolf": "x"})
    assert refused.value.errors[0].pointer == "/class_mapping/wolf"
    with pytest.raises(Invalid):
        checked_mapping(source, {"cat": "a\u202eb"})
    assert checked_mapping(source, {"cat": " cat "}) == {}


def test_without_leave_nothing_is_copied(shared):
    owner, reader, dataset, share = shared
    end_share(user=reader, share=share)
    offer = offer_share(
        user=owner, subject=dataset.subject, receiver=reader.personal_organization.slug
    )
    accept_share(user=reader, share=offer)
    with pytest.raises(Forbidden, match="to read, not to copy"):
        _start(reader, Source(dataset, None))

"""Datasets leave one organization in a file and come into another, with all that came of them."""

import hashlib
import io
import zipfile

import pytest
from django.core.management import CommandError, call_command
from PIL import Image as Picture

from backup.errors import Refused
from classifier.models import EvaluationReport, ModelAlias, ModelVersion, TrainingRun
from datasets.models import Annotation, ClassLabel, Dataset, DatasetVersion, Image, Sample
from datasets.selectors.digests import digest_of_samples
from datasets.selectors.image_counts import miscounted_datasets
from datasets.services.labelling.annotate import annotate
from jobs.models import Job
from jobs.selectors.figures import figures
from storage import durable
from storage.names import blob_name, model_file_name, thumbnail_name
from tests import factories
from tests.backup.archives import Forgery, make_archive, take

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def archive(user, store, trained, tmp_path):
    """An archive of a dataset, its version, a trained model and its report; all is still here."""
    return make_archive(user, trained, tmp_path)


@pytest.fixture
def elsewhere(db):
    """Another organization."""
    return factories.make_user().personal_organization


def export(path, dataset) -> None:
    call_command("export_dataset", str(path), "--dataset", str(dataset.pk), stdout=io.StringIO())


def rewritten(path, changes: dict[str, bytes], added: dict[str, bytes] | None = None):
    """A copy of an archive with other entries in it, and the manifest of before."""
    other = path.with_name("other.loupe")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            after.writestr(name, changes.get(name, before.read(name)))
        for name, content in (added or {}).items():
            after.writestr(name, content)
    return other


def test_everything_comes_along_with_ids_of_its_own(archive, elsewhere, user):
    before = Dataset.objects.get(name="Birds", organization=user.personal_organization)
    counted = figures().ended_by_kind_status
    (dataset,) = take(archive, elsewhere)
    assert figures().ended_by_kind_status == counted
    assert dataset.pk != before.pk
    assert (dataset.name, dataset.organization) == ("Birds", elsewhere)
    assert dataset.created_at == before.created_at
    old, new = before.versions.get(), dataset.versions.get()
    assert (new.digest, digest_of_samples(new)) == (old.digest, old.digest)
    assert new.created_by.username == f"{user.username}.elsewhere"
    assert not new.created_by.is_active
    images = Image.objects.filter(dataset=dataset)
    assert set(images.values_list("sha256")) == set(before.images.values_list("sha256"))
    assert not set(images.values_list("pk")) & set(before.images.values_list("pk"))
    assert set(Sample.objects.filter(version=new).values_list("image")) == set(
        images.values_list("pk")
    )
    assert miscounted_datasets() == 0
    classes = ClassLabel.objects.filter(dataset=dataset)
    assert sorted(new.class_ids) == sorted(str(each.pk) for each in classes)

    version = ModelVersion.objects.get(dataset_version=new)
    source = ModelVersion.objects.get(dataset_version=old)
    assert version.model.organization == elsewhere
    assert version.training_run.dataset_version == new
    assert (version.files, version.config) == (source.files, source.config)
    for name in version.files:
        assert durable.read(model_file_name(version.pk, name)) == durable.read(
            model_file_name(source.pk, name)
        )
    report = EvaluationReport.objects.get(model_version=version)
    assert report.metrics == EvaluationReport.objects.get(model_version=source).metrics
    assert ModelAlias.objects.get(version=version).alias == "champion"
    assert TrainingRun.objects.get(dataset_version=new).job.organization == elsewhere


def test_where_ids_are_free_they_stay_and_labels_keep_who_gave_them(
    user, store, elsewhere, tmp_path
):
    dataset = factories.make_dataset(user=user)
    image, dataset_id = factories.make_images(dataset, "cat", 1)[0], dataset.pk
    annotate(user=user, dataset=dataset, class_names={image.pk: "dog"})
    path = tmp_path / "labels.loupe"
    export(path, dataset)
    Image.objects.filter(dataset=dataset).delete()
    dataset.delete()
    arguments = {"organization": elsewhere.slug, "stdout": io.StringIO()}
    call_command("import_dataset", path, **arguments)
    taken = Annotation.objects.get(image__dataset__organization=elsewhere)
    assert (taken.class_name, taken.previous_class_name) == ("dog", "cat")
    assert taken.created_by.username == f"{user.username}.elsewhere"
    assert not taken.created_by.has_usable_password()
    assert (taken.image_id, taken.image.dataset_id) == (image.pk, dataset_id)


def test_a_whole_organization_goes(archive, elsewhere, user, tmp_path):
    factories.make_images(factories.make_dataset(user=user, name="Second"), "cat", 1)
    path = tmp_path / "all.loupe"
    slug = user.personal_organization.slug
    call_command("export_dataset", path, organization=slug, stdout=io.StringIO())
    assert sorted(each.name for each in take(path, elsewhere)) == ["Birds", "Second"]
    # A second time the model gets another name.
    take(path, elsewhere)
    names = sorted(elsewhere.registered_models.values_list("name", flat=True))
    assert names[1] == f"{names[0]} (2)"


def test_of_a_stranger_only_what_serves_is_taken_and_looked_at(archive, elsewhere):
    (dataset,) = take(archive, elsewhere, trusted=False)
    version = ModelVersion.objects.get(dataset_version__dataset=dataset)
    assert list(version.files) == ["model.onnx"]
    assert durable.missing([model_file_name(version.pk, "model.keras")])


def test_a_served_file_that_is_no_model_is_refused(archive, elsewhere):
    evil, forgery = b"no network", Forgery(archive)
    name = next(each for each in forgery.entries if each.endswith("model.onnx"))
    forgery.entries[name] = evil
    facts = {"sha256": hashlib.sha256(evil).hexdigest(), "bytes": len(evil)}
    forgery.change("classifier.ModelVersion", files={"model.onnx": facts})
    forged = forgery.save()
    before = Image.objects.count(), Job.objects.count(), sorted(durable.walk())
    with pytest.raises(Refused, match="is not taken"):
        take(forged, elsewhere, trusted=False)
    assert (Image.objects.count(), Job.objects.count(), sorted(durable.walk())) == before


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("rows/datasets.Image.jsonl", "damaged"),
        ("people.json", "damaged"),
        ("files.jsonl", "damaged"),
        ("a blob", "another size"),
    ],
)
def test_harm_is_found_and_nothing_stays(archive, elsewhere, entry, why):
    blob = blob_name(Image.objects.all()[0].sha256)
    content = b'{"1": "other"}\n' if entry == "people.json" else b"\n"
    if entry.startswith("rows/"):
        with zipfile.ZipFile(archive) as before:
            content = before.read(entry).replace(b"red-1", b"red-9")
    harmed = rewritten(archive, {entry if entry != "a blob" else f"files/{blob}": content})
    before = sorted(durable.walk())
    with pytest.raises(Refused, match=why):
        take(harmed, elsewhere)
    assert not Dataset.objects.filter(organization=elsewhere).exists()
    assert sorted(durable.walk()) == before


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/cron",
        "files/../x",
        "files/models/x/y",
        "files/blobs/00/" + "f" * 64,
        f"files/thumbnails/ff/{'f' * 64}.webp",
    ],
)
def test_names_that_lead_elsewhere_are_refused(archive, elsewhere, name):
    with pytest.raises(Refused, match="does not belong"):
        take(rewritten(archive, {}, {name: b"x"}), elsewhere)


def test_rows_cannot_point_at_what_was_here(archive, elsewhere, user):
    """A dataset of someone else's, named by a version of the archive, is not in the archive."""
    other = factories.make_version()
    forgery = Forgery(archive)
    forgery.change("datasets.DatasetVersion", dataset_id=str(other.dataset_id))
    with pytest.raises(Refused, match="The archive has no dataset"):
        take(forgery.save(), elsewhere)
    assert DatasetVersion.objects.filter(dataset=other.dataset).count() == 1


def test_a_file_that_is_gone_is_named(user, store, tmp_path):
    dataset = factories.make_dataset(user=user)
    image = factories.make_images(dataset, "cat", 1)[0]
    durable.delete(blob_name(image.sha256))
    path = tmp_path / "gone.loupe"
    with pytest.raises(CommandError, match=f"{image.sha256} is gone from the store"):
        export(path, dataset)
    durable.write(blob_name(image.sha256), [b"harm"])
    with pytest.raises(CommandError, match=f"{image.sha256} is damaged in the store"):
        export(path, dataset)
    assert not path.exists()


def test_thumbnails_are_made_again(user, store, elsewhere, tmp_path):
    dataset = factories.make_dataset(user=user)
    stream = io.BytesIO()
    Picture.new("RGB", (500, 300), (9, 99, 199)).save(stream, "PNG")
    (image,) = factories.add_files(dataset, [("large.png", stream.getvalue(), "cat")])
    path = tmp_path / "large.loupe"
    export(path, dataset)
    made = durable.read(thumbnail_name(image.sha256))
    assert not [name for name in Forgery(path).entries if "thumbnail" in name]
    Image.objects.filter(dataset=dataset).delete()
    durable.delete_files([blob_name(image.sha256), thumbnail_name(image.sha256)])
    take(path, elsewhere, trusted=False)
    assert durable.read(thumbnail_name(image.sha256)) == made
    assert not durable.missing([blob_name(image.sha256)])

"""An archive of a stranger: hashes agree, and what it says is a lie."""

import hashlib
import io
import json
import uuid

import pytest
from PIL import Image as Picture

from backup.errors import Refused
from classifier.models import ModelVersion, RegisteredModel
from datasets.models import Dataset, Image
from jobs.models import Job
from storage import durable
from storage.names import blob_name
from tests import factories
from tests.backup.archives import Forgery, make_archive, take

pytestmark = pytest.mark.django_db(transaction=True)
MODEL, IMAGE = "classifier.ModelVersion", "datasets.Image"
# Made by the first test that asks: its rows are gone in the tests after it.
_made = {}


@pytest.fixture
def forgery(user, store, trained, tmp_path_factory):
    """An archive whose entries a test changes."""
    if "path" not in _made:
        _made["path"] = make_archive(user, trained, tmp_path_factory.mktemp("archive"))
    return Forgery(_made["path"])


@pytest.fixture
def elsewhere(db):
    """Another organization."""
    return factories.make_user().personal_organization


def refused(forgery, organization, match, **options) -> None:
    """Have an archive refused, and nothing of it stay."""
    before = sorted(durable.walk())
    with pytest.raises(Refused, match=match):
        take(forgery.save(), organization, **{"trusted": False, **options})
    assert sorted(durable.walk()) == before
    assert not Dataset.objects.filter(organization=organization).exists()


def png(side: int, **options) -> bytes:
    """A picture."""
    stream = io.BytesIO()
    Picture.new("RGB", (side, side), (1, 2, 3)).save(stream, "PNG", **options)
    return stream.getvalue()


def put_image(forgery, content: bytes) -> str:
    """Give the first image another content, in row and file; return its SHA-256."""
    first = forgery.rows(IMAGE)[0]
    sha256 = hashlib.sha256(content).hexdigest()
    del forgery.entries[f"files/{blob_name(first['sha256'])}"]
    forgery.entries[f"files/{blob_name(sha256)}"] = content
    forgery.change(IMAGE, sha256=sha256, bytes=len(content))
    return sha256


def test_a_lineage_of_another_organization_is_not_taken(forgery, elsewhere):
    other = factories.make_run().job
    forgery.change("jobs.Job", lineage=str(other.pk))
    take(forgery.save(), elsewhere)
    for job in Job.objects.filter(organization=elsewhere):
        assert job.lineage == job.pk


def test_sources_of_another_organization_are_not_taken(forgery, elsewhere):
    other = factories.make_version()
    said = {
        "method": "average", "experiment": str(uuid.uuid4()), "members": [],
        "learned_from": [str(other.pk)], "known_sources": [str(other.pk)], "instant_models": [],
        "others_unknown": False,
    }  # fmt: skip
    forgery.change(MODEL, ensemble=said)
    take(forgery.save(), elsewhere)
    version = ModelVersion.objects.get(model__organization=elsewhere)
    assert version.learned_from is None
    assert str(other.pk) not in version.known_sources


def test_an_image_whose_file_is_not_there_is_refused(forgery, elsewhere):
    """Its hash alone would show another organization's picture."""
    theirs = factories.make_images(factories.make_dataset(), "theirs", 1)[0]
    rows = forgery.rows(IMAGE)
    other = rows[0] | {"id": str(uuid.uuid4()), "sha256": theirs.sha256}
    forgery.put_rows(IMAGE, [*rows, other])
    refused(forgery, elsewhere, "without its file", trusted=True)


def test_a_sample_is_of_its_image(forgery, elsewhere):
    """Versions are read by the hashes of their samples."""
    theirs = factories.make_images(factories.make_dataset(), "theirs", 1)[0]
    forgery.change("datasets.Sample", sha256=theirs.sha256)
    refused(forgery, elsewhere, "is not its image", trusted=True)


def test_a_file_that_no_image_is_is_refused(forgery, elsewhere):
    content = png(9)
    forgery.entries[f"files/{blob_name(hashlib.sha256(content).hexdigest())}"] = content
    refused(forgery, elsewhere, "no image is it", trusted=True)


def test_a_file_that_is_no_image_is_refused(forgery, elsewhere):
    put_image(forgery, b"<script>")
    refused(forgery, elsewhere, "is no image that Loupe takes", trusted=True)


def test_an_image_with_metadata_is_refused(forgery, elsewhere):
    exif = Picture.Exif()
    exif[0x010E] = "where it was"
    put_image(forgery, png(9, exif=exif))
    refused(forgery, elsewhere, "has metadata")


def test_an_image_of_another_size_is_refused(forgery, elsewhere):
    forgery.change(IMAGE, bytes=5)
    refused(forgery, elsewhere, "another size than its image")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "has no model.onnx"),
        (5, "has no model.onnx"),
        ({"model.onnx": 5}, "not the file that its row says"),
        ({"model.onnx": {"sha256": "0" * 64, "bytes": 1}}, "not the file that its row says"),
    ],
)
def test_a_version_whose_files_are_others_is_refused(forgery, elsewhere, files, why):
    forgery.change(MODEL, files=files)
    refused(forgery, elsewhere, why)


def test_a_version_whose_file_is_not_there_is_refused(forgery, elsewhere):
    name = next(each for each in forgery.entries if each.endswith("model.keras"))
    del forgery.entries[name]
    refused(forgery, elsewhere, "rows need it", trusted=True)


def test_a_hash_that_is_none_is_refused(forgery, elsewhere):
    forgery.change("datasets.Sample", sha256="zz")
    refused(forgery, elsewhere, "is no SHA-256", trusted=True)


def test_a_model_without_an_organization_is_not_for_everyone(forgery, elsewhere):
    label = "classifier.RegisteredModel"
    (row,) = forgery.rows(label)
    forgery.put_rows(label, [row | {"organization_id": None}])
    take(forgery.save(), elsewhere)
    assert RegisteredModel.objects.get(organization=elsewhere)
    before = RegisteredModel.objects.count()
    del row["organization_id"]
    forgery.put_rows(label, [row])
    with pytest.raises(Refused, match="is without organization_id"):
        take(forgery.save(), elsewhere)
    assert RegisteredModel.objects.count() == before


@pytest.mark.parametrize(
    "job",
    [
        {"kind": "forget_image", "status": "failed"},
        {"kind": "train_everything", "status": "succeeded"},
    ],
)
def test_a_forgetting_that_would_be_gone_on_with_is_refused(forgery, elsewhere, job):
    row = forgery.rows("jobs.Job")[0] | {"id": str(uuid.uuid4()), **job}
    forgery.put_rows("jobs.Job", [*forgery.rows("jobs.Job"), row])
    forgetting = {
        "id": str(uuid.uuid4()), "created_at": row["created_at"], "organization_id": None,
        "sha256": "0" * 64, "dataset_ids": [], "image_ids": [], "reason": "", "job_id": row["id"],
        "erased_at": None, "counts": {}, "met": [], "created_by_id": None,
    }  # fmt: skip
    forgery.put_rows("datasets.Forgetting", [forgetting])
    refused(forgery, elsewhere, "forgetting has not ended", trusted=True)


def test_rows_of_another_schema_are_refused(forgery, elsewhere):
    forgery.manifest["schema"]["datasets"] = "0001_initial"
    refused(forgery, elsewhere, "upgrade there or here")


def test_a_manifest_that_is_none_is_refused(forgery, elsewhere):
    forgery.manifest["tables"][IMAGE]["columns"] = 5
    refused(forgery, elsewhere, "a manifest that is none")


def test_a_stand_in_is_never_someone_who_signs_in(forgery, elsewhere):
    (name,) = json.loads(forgery.entries["people.json"]).values()
    person = factories.make_user(username=f"{name}.elsewhere")
    (dataset,) = take(forgery.save(), elsewhere)
    assert dataset.created_by != person
    assert dataset.created_by.username == f"{name}.elsewhere2"
    assert Image.objects.filter(dataset=dataset).count() == 30

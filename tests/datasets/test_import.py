import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Picture

from common.errors import Forbidden, NotFound, TooLarge
from common.hashing import sha256_file
from datasets.errors import ArchiveRefused, InTrash
from datasets.models import Dataset, Image, Import, ImportItem, Vector
from datasets.selectors.datasets import contents
from datasets.services.intake.start_import import start_import
from datasets.services.intake.upload_images import upload_images
from datasets.services.trash import trash_dataset
from datasets.services.vectors.store_vectors import store_vectors
from jobs.errors import JobFailed
from jobs.models import Job, Status
from storage import durable, scratch
from storage.names import blob_name, thumbnail_name
from tests import factories
from tests.datasets.conftest import encoded, encrypted, jpeg, png, zipped


@pytest.fixture
def dataset(transactional_db):
    return factories.make_dataset(user=factories.make_user())


@pytest.fixture
def import_zip(dataset, run_job) -> Callable[..., Import]:
    """Import a zip of these files into the dataset; the job has ended on return."""

    def run(files: dict[str, bytes] | bytes, duplicates: str = "skip") -> Import:
        content = files if isinstance(files, bytes) else zipped(files)
        source = start_import(
            user=dataset.created_by,
            dataset=dataset,
            archive=[content],
            archive_name="../../x/animals.zip",
            duplicates=duplicates,
        )
        run_job(source.job)
        return source

    return run


def counts(source: Import) -> dict[str, int]:
    return {
        key: value for key, value in source.job.result.items() if key not in ("type", "id", "url")
    }


def items(source: Import) -> dict[str, tuple[str, str]]:
    return {item.name: (item.outcome, item.code) for item in source.items.all()}


def files_in_store() -> set[str]:
    root = Path(settings.MEDIA_ROOT)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_every_file_becomes_an_image_or_a_line_of_the_report(import_zip, dataset):
    upside = Picture.new("RGB", (20, 10), "red")
    exif = Picture.Exif()
    exif[0x0112] = 6
    source = import_zip(
        {
            "cat/1.png": png(1),
            "cat/named.jpg": png(2),
            "cat/again.png": png(1),
            "cat/empty.png": b"",
            "cat/half.jpg": jpeg()[:-900],
            "cat/notes.txt": b"hello",
            "cat/Thumbs.db": b"junk",
            "dog/same.png": png(1),
            "dog/photo.jpg": encoded(upside, "JPEG", exif=exif),
        }
    )
    assert source.job.status == Status.SUCCEEDED, source.job.error
    assert counts(source) == {
        "files": 9, "images_added": 4, "duplicates": 1, "skipped": 1, "rejected": 3,
    }  # fmt: skip
    assert source.job.result["id"] == str(source.pk)
    assert items(source) == {
        "cat/again.png": ("duplicate", "same_content"),
        "cat/empty.png": ("rejected", "empty_file"),
        "cat/half.jpg": ("rejected", "truncated"),
        "cat/notes.txt": ("rejected", "not_an_image"),
        "cat/Thumbs.db": ("skipped", "junk"),
    }
    assert all(len(item.detail) > 20 for item in source.items.all())
    duplicate = source.items.get(outcome="duplicate")
    assert duplicate.image.name == "cat/1.png"
    named = Image.objects.get(name="cat/named.jpg")
    assert (named.format, named.width, named.height, named.class_label.name) == (
        "PNG",
        12,
        10,
        "cat",
    )
    photo = Image.objects.get(name="dog/photo.jpg")
    assert (photo.width, photo.height) == (10, 20)
    assert [(c.name, c.image_count) for c in contents(dataset).classes] == [("cat", 2), ("dog", 2)]


def test_blobs_are_kept_once_with_thumbnails_and_nothing_else_is_left(import_zip, dataset):
    before = files_in_store()
    large = png(12, (300, 200))
    import_zip({"cat/1.png": png(11), "dog/1.png": png(11), "dog/2.png": large})
    images = list(Image.objects.filter(dataset=dataset))
    assert len(images) == 3
    expected = set()
    for image in images:
        blob = durable.local(blob_name(image.sha256))
        assert sha256_file(blob) == image.sha256
        expected.add(blob)
        small = durable.local(thumbnail_name(image.sha256))
        assert small.exists() == (image.width == 300)
        if small.exists():
            with Picture.open(small) as thumbnail:
                assert (thumbnail.format, thumbnail.size) == ("WEBP", (256, 171))
            expected.add(small)
    assert len(expected) == 3
    root = Path(settings.MEDIA_ROOT)
    assert files_in_store() - before <= {str(path.relative_to(root)) for path in expected}


def test_importing_the_same_zip_twice_doubles_nothing(import_zip, dataset):
    files = {f"{c}/{n}.png": png(n) for c in ("cat", "dog") for n in range(3)}
    first = import_zip(files)
    second = import_zip(files)
    assert counts(first)["images_added"] == 6
    assert counts(second) == {
        "files": 6, "images_added": 0, "duplicates": 6, "skipped": 0, "rejected": 0,
    }  # fmt: skip
    assert second.items.exclude(image=None).count() == 6
    kept = import_zip(files, duplicates="keep")
    assert counts(kept)["images_added"] == 6
    assert Image.objects.filter(dataset=dataset).count() == 12


def test_the_same_content_in_another_split_or_class_is_kept_as_a_row(import_zip, dataset):
    source = import_zip(
        {
            "train/cat/1.png": png(5),
            "test/cat/1.png": png(5),
            "train/dog/1.png": png(5),
            "train/dog/2.png": png(5),
        }
    )
    assert counts(source)["images_added"] == 3
    rows = Image.objects.filter(dataset=dataset).values_list("split", "class_label__name")
    assert set(rows) == {("train", "cat"), ("test", "cat"), ("train", "dog")}


def test_labels_csv_with_a_missing_file(import_zip):
    table = b"file,class_name,split,camera\na.png,cat,train,X1\nb.png,dog,,\ngone.png,cat,,\n"
    source = import_zip({"labels.csv": table, "a.png": png(1), "b.png": png(2)})
    assert counts(source) == {
        "files": 3, "images_added": 2, "duplicates": 0, "skipped": 0, "rejected": 1,
    }  # fmt: skip
    assert items(source) == {"gone.png": ("rejected", "missing_file")}
    image = Image.objects.get(name="a.png")
    assert (image.split, image.class_label.name, image.metadata) == (
        "train",
        "cat",
        {"camera": "X1"},
    )


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (zipped({}), "empty_archive", "no files"),
        (b"no zip at all", "not_a_zip", "zip archive is expected"),
        (b"", "not_a_zip", "0 bytes"),
        (encrypted({"cat/1.png": png()}), "encrypted", "password"),
    ],
)
def test_a_bad_archive_is_refused_at_once_and_leaves_nothing(dataset, content, code, words):
    before = files_in_store()
    with pytest.raises(ArchiveRefused) as caught:
        start_import(
            user=dataset.created_by, dataset=dataset, archive=[content], archive_name="x.zip"
        )
    assert caught.value.code == code
    assert words in caught.value.detail
    assert files_in_store() == before
    assert not Import.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.txt": b"hello", "b.txt": b"you"}, "no image files"),
        ({"texts/a.txt": b"hello", "texts/b.txt": b"you"}, "no image files"),
        ({"cat/a.jpg": b"hello", "dog/b.jpg": b"you"}, "None of the 2 files"),
        ({"labels.csv": b"who,what\n", "a.png": png()}, "file and class_name"),
    ],
)
def test_an_archive_without_images_fails_with_a_sentence_and_leaves_nothing(
    import_zip, dataset, files, words
):
    before = files_in_store()
    source = import_zip(files)
    assert source.job.status == Status.FAILED
    assert source.job.error["code"] == "bad_data"
    assert words in source.job.error["detail"]
    assert files_in_store() - before == set()
    assert not Image.objects.filter(dataset=dataset).exists()
    assert not ImportItem.objects.exists()
    assert contents(dataset).classes == []


def test_an_archive_past_the_limit_is_refused_while_it_streams(dataset, settings):
    settings.ARCHIVE_MAX_BYTES = 10_000
    before = files_in_store()
    read = []

    def blocks():
        for number in range(100):
            read.append(number)
            yield bytes(1000)

    with pytest.raises(TooLarge):
        start_import(
            user=dataset.created_by, dataset=dataset, archive=blocks(), archive_name="x.zip"
        )
    assert len(read) == 11
    assert files_in_store() == before


def test_a_file_past_its_limit_is_rejected_and_the_rest_go_on(import_zip, settings):
    settings.IMAGE_MAX_BYTES = 4000
    source = import_zip({"cat/1.png": png(1), "cat/big.png": png(2, (90, 90))})
    assert items(source) == {"cat/big.png": ("rejected", "file_too_large")}
    assert counts(source)["images_added"] == 1


def test_pixels_are_bounded_by_the_setting(import_zip, settings):
    settings.IMAGE_MAX_PIXELS = 1000
    source = import_zip({"cat/1.png": png(1), "cat/big.png": png(2, (90, 90))})
    assert items(source) == {"cat/big.png": ("rejected", "too_many_pixels")}


def test_only_editors_import_and_never_into_the_trash(dataset):
    content = [zipped({"cat/1.png": png()})]
    viewer = factories.make_member(dataset.organization, "viewer")
    for person, error in ((viewer, Forbidden), (factories.make_user(), NotFound)):
        with pytest.raises(error):
            start_import(user=person, dataset=dataset, archive=content, archive_name="x.zip")
    trash_dataset(user=dataset.created_by, dataset=dataset)
    with pytest.raises(InTrash):
        start_import(
            user=dataset.created_by, dataset=dataset, archive=content, archive_name="x.zip"
        )


def test_a_dataset_trashed_meanwhile_fails_the_import_and_leaves_nothing(dataset, run_job):
    before = files_in_store()
    source = start_import(
        user=dataset.created_by,
        dataset=dataset,
        archive=[zipped({"cat/1.png": png(77)})],
        archive_name="x.zip",
    )
    trash_dataset(user=dataset.created_by, dataset=dataset)
    run_job(source.job)
    assert source.job.status == Status.FAILED
    assert "trash" in source.job.error["detail"]
    assert files_in_store() == before


def test_an_import_refused_at_its_end_leaves_nothing_in_the_store(dataset, run_job):
    before = files_in_store()
    content = zipped({"cat/1.png": png(78_000), "cat/2.png": png(79_000)})

    def start() -> Import:
        return start_import(
            user=dataset.created_by, dataset=dataset, archive=[content], archive_name="x.zip"
        )

    def fail() -> None:
        moved = files_in_store() - before
        blobs = [name for name in moved if name.startswith("blobs/")]
        assert len(blobs) == 2
        # As an embedding has done that goes on beside the import.
        store_vectors(
            organization_id=dataset.organization_id,
            space=factories.make_space(width=4),
            vectors={name.rpartition("/")[2]: np.ones(4) for name in blobs},
        )
        raise JobFailed("bad_data", "Something failed after the files had been moved.")

    source = start()
    run_job(source.job, at={"Done": fail})
    assert source.job.status == Status.FAILED
    assert not Image.objects.exists()
    assert not Vector.objects.exists()
    assert files_in_store() == before

    source = start()
    run_job(
        source.job, at={"Saving": lambda: trash_dataset(user=dataset.created_by, dataset=dataset)}
    )
    assert "trash" in source.job.error["detail"]
    assert files_in_store() == before


def test_files_that_another_image_needs_stay_when_an_import_fails(dataset, import_zip, run_job):
    import_zip({"cat/1.png": png(9_080)})
    kept = files_in_store()
    source = start_import(
        user=dataset.created_by,
        dataset=dataset,
        archive=[zipped({"dog/1.png": png(9_080), "dog/2.png": png(9_081)})],
        archive_name="x.zip",
    )

    def fail() -> None:
        raise JobFailed("bad_data", "Something failed after the files had been moved.")

    run_job(source.job, at={"Done": fail})
    assert files_in_store() == kept


def cut_off(path: Path) -> None:
    """Leave what a decoder that was killed while it wrote, or a power cut, would leave."""
    path.write_bytes(path.read_bytes()[:20])


@pytest.mark.parametrize(
    ("kind", "harm", "seed"),
    [("blobs", Path.unlink, 820), ("blobs", cut_off, 821), ("thumbnails", cut_off, 822)],
)
def test_files_that_vanish_before_the_rows_are_decoded_again(dataset, run_job, kind, harm, seed):
    source = start_import(
        user=dataset.created_by,
        dataset=dataset,
        archive=[zipped({"cat/1.png": png(seed, (300, 200))})],
        archive_name="x.zip",
    )

    def lose() -> None:
        for path in scratch.checkpoint_dir(source.job.lineage).glob(f"*/{kind}/*/*"):
            harm(path)

    run_job(source.job, at={"Saving": lose})
    assert source.job.status == Status.RETRY_WAIT
    assert not Image.objects.exists()
    Job.objects.filter(pk=source.job.pk).update(status=Status.QUEUED)
    run_job(source.job)
    assert source.job.result["images_added"] == 1
    sha256 = Image.objects.get().sha256
    assert sha256_file(durable.local(blob_name(sha256))) == sha256
    assert Picture.open(durable.local(thumbnail_name(sha256))).load()


def test_what_a_killed_attempt_left_cut_off_does_not_replace_what_is_whole(dataset, run_job):
    source = start_import(
        user=dataset.created_by,
        dataset=dataset,
        archive=[zipped({"cat/1.png": png(84)})],
        archive_name="x.zip",
    )

    def leave() -> None:
        checkpoint = scratch.checkpoint_dir(source.job.lineage)
        for path in list(checkpoint.glob("*/blobs/*/*")):
            # In whatever order they are looked through, one comes after the whole file.
            for number in range(8):
                left = checkpoint / f"killed-{number}" / path.relative_to(path.parents[2])
                left.parent.mkdir(parents=True)
                left.write_bytes(path.read_bytes()[:20])
                (left.parent / ("0" * 64)).write_bytes(b"of no image")

    run_job(source.job, at={"Saving": leave})
    assert source.job.status == Status.SUCCEEDED, source.job.error
    sha256 = Image.objects.get().sha256
    assert sha256_file(durable.local(blob_name(sha256))) == sha256
    assert not list(durable.known_folder().glob(f"blobs/*/{'0' * 64}"))


def test_images_refused_after_decoding_leave_nothing(dataset):
    before = files_in_store()
    # Loaded before another person moved it to the trash.
    stale = Dataset.objects.get(pk=dataset.pk)
    trash_dataset(user=dataset.created_by, dataset=dataset)
    with pytest.raises(InTrash):
        upload_images(
            user=dataset.created_by,
            dataset=stale,
            files=[SimpleUploadedFile("a.png", png(9_083))],
        )
    assert files_in_store() == before


def test_the_counts_of_the_animals_add_up(import_zip, shared_data, dataset):
    source = import_zip((shared_data / "animals.zip").read_bytes())
    result = counts(source)
    assert result["files"] == 3009
    assert sum(result[k] for k in ("images_added", "duplicates", "skipped", "rejected")) == 3009
    assert result["rejected"] == 0
    by_split = Image.objects.filter(dataset=dataset).values_list("split", flat=True)
    assert list(by_split).count("validation") <= 600
    largest = Image.objects.filter(dataset=dataset).order_by("-width").first()
    assert largest.width >= 3000


def test_metadata_of_a_photo_is_nowhere(import_zip, dataset):
    exif = Picture.Exif()
    exif[0x010E] = "lat 48.8584 lon 2.2945"
    stream = io.BytesIO()
    Picture.new("RGB", (40, 30), "blue").save(stream, "JPEG", exif=exif, comment=b"lat 48.8584")
    import_zip({"cat/1.jpg": stream.getvalue(), "dog/1.png": png()})
    for path in (*settings.MEDIA_ROOT.rglob("*"), *settings.SCRATCH_DIR.rglob("*")):
        assert not path.is_file() or b"48.8584" not in path.read_bytes(), path

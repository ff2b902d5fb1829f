"""A walk through the whole data folder: of a forgotten image nothing is left but what is named."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from PIL import Image as Picture

from classifier.models import Prediction
from classifier.training.services.run_samples import as_webp, store_run_samples
from common.digests import Digests
from datasets.decoding.pixels.decoders import PixelDecoders
from datasets.decoding.pixels.packs import write_pack
from datasets.decoding.pixels.places import Places
from datasets.models import Image, ImageFingerprint, Sample, Split, Vector
from datasets.selectors.vectors import vector_source
from datasets.services.forget_images import clean_this_machine
from datasets.services.vectors.store_vectors import store_vectors
from datasets.services.vectors.vector_index import build_index
from datasets.services.versions.freeze import freeze
from storage import durable, scratch
from storage.names import blob_name, thumbnail_name
from tests import factories
from tests.classifier.lineage.forgotten import end_jobs, forget

# So wide that a vector lies in its row and not beside it.
SIDE, WIDTH = 32, 640


def picture(seed: int) -> bytes:
    """Noise that no other file has, large enough for a thumbnail of its own."""
    pixels = np.random.default_rng(seed).integers(0, 256, (300, 300, 3), np.uint8)
    stream = io.BytesIO()
    Picture.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def files_below(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def found_in(folder: Path, needles: dict[str, bytes]) -> dict[str, list[str]]:
    """Which files of a folder hold which of the byte strings."""
    found: dict[str, list[str]] = {}
    for path in files_below(folder):
        # Postgres removes files of its own, such as tables that were written again.
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue
        for name, needle in needles.items():
            if needle in content:
                found.setdefault(name, []).append(str(path.relative_to(folder)))
    return found


def keep_pixels(contents: list[str]) -> Path:
    """A pack of the images' pixels, as a training leaves it."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    folder = scratch.pixels_dir() / boot / f"{SIDE}-stretch"
    folder.mkdir(parents=True, exist_ok=True)
    with PixelDecoders() as decoders:
        write_pack(
            folder,
            contents,
            SIDE,
            lambda file: decoders.decode(
                Digests.of(contents), SIDE, "stretch", file, lambda done: None
            ),
        )
    return folder


def row_of(folder: Path, content: str) -> bytes:
    places = Places(folder, Digests.of([content]), SIDE, "stretch")
    assert not len(places.look())
    return next(places.rows().batches(np.array([0]), 1)).tobytes()


def base_of_database() -> Path:
    """The folder in which the test's own Postgres has the files of this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        cluster = Path(os.environ["LOUPE_DATA_DIR"]).parent / "postgres" / "cluster"
        return cluster / "base" / str(cursor.fetchone()[0])


def write_tables_again() -> None:
    """What the operator guide says of dead rows; it puts live ones on disk, too."""
    with connection.cursor() as cursor:
        for model in (Image, ImageFingerprint, Vector, Prediction, Sample):
            cursor.execute(f"VACUUM FULL {model._meta.db_table}")


@pytest.mark.django_db(transaction=True)
def test_no_byte_of_a_forgotten_image_is_left(api, user):
    dataset = factories.make_dataset(user=user)
    files = [io.BytesIO(picture(seed)) for seed in range(20)]
    for number, file in enumerate(files):
        file.name = f"holiday-of-{number}.png"
    for name, part in (("cat", files[:10]), ("dog", files[10:])):
        url = f"/api/v1/datasets/{dataset.pk}/images/"
        sent = api.post(url, {"images": part, "class_name": name}, format="multipart")
        assert {each["status"] for each in sent.data["results"]} == {201}
    version = freeze(user=user, dataset=dataset)
    sample = version.samples.filter(split=Split.TRAIN).order_by("sha256")[0]
    image = sample.image
    end_jobs()
    random = np.random.default_rng(7)
    space = factories.make_space(width=WIDTH)
    contents = list(dataset.images.values_list("sha256", flat=True))
    vectors = {content: random.normal(size=WIDTH).astype("<f2") for content in contents}
    store_vectors(organization_id=dataset.organization_id, space=space, vectors=vectors)
    dataset.space = space
    dataset.save()
    build_index(dataset, vector_source(dataset))
    folder = keep_pixels(contents)
    run = factories.make_run(user, version)
    pixels = np.frombuffer(row_of(folder, image.sha256), np.uint8).reshape(SIDE, SIDE, 3)
    store_run_samples(
        run=run, augmentation="none", image_size=SIDE, fit="stretch", pictures=[(pixels, 0)]
    )
    made = factories.make_model_version(run)
    Prediction.objects.create(
        organization=dataset.organization, model_version=made, name=image.name,
        image_sha256=image.sha256, answer={},
    )  # fmt: skip
    cache.set(f"augmentation-preview:32:stretch:{image.sha256[:16]}", pixels.tobytes(), 600)
    end_jobs()
    original = durable.read(blob_name(image.sha256))
    print_of = ImageFingerprint.objects.get(image=image)
    needles = {
        "original": original[200:1200],
        "thumbnail": durable.read(thumbnail_name(image.sha256))[100:600],
        "pixels": pixels.tobytes(),
        "picture of the run": as_webp(pixels)[40:400],
    }
    in_rows = {
        "name": image.name.encode(),
        "vector": vectors[image.sha256].tobytes()[:256],
        "fingerprint": bytes(print_of.thumbnail)[:200],
    }
    vector = vectors[image.sha256].astype(np.float32)
    needles["direction"] = (vector / np.linalg.norm(vector)).astype(np.float16).tobytes()[:200]
    neighbour = row_of(folder, contents[-1] if contents[-1] != image.sha256 else contents[0])
    data, base = Path(settings.MEDIA_ROOT), base_of_database()
    write_tables_again()
    # Each is there before, so that a search that finds nothing afterwards says something.
    before = found_in(data, needles) | found_in(scratch.jobs_dir().parent, needles)
    assert set(before) == set(needles)
    assert set(found_in(base, in_rows)) == set(in_rows)

    forgetting = forget(user, image)

    assert {name: forgetting.counts[name] for name in ("images", "samples", "files")} == {
        "images": 1, "samples": 1, "files": 1,
    }  # fmt: skip
    assert forgetting.counts["cached_pixels"] == forgetting.counts["predictions"] == 1
    assert found_in(data, needles) == {}
    assert found_in(scratch.jobs_dir().parent, needles) == {}
    for path in (*files_below(data), *files_below(scratch.pixels_dir())):
        assert image.sha256 not in path.name
    assert not Vector.objects.filter(sha256=image.sha256).exists()
    assert cache.get(f"augmentation-preview:32:stretch:{image.sha256[:16]}") is None
    # The pack still has its other rows, and its index no longer has this one.
    assert neighbour == row_of(
        folder, contents[-1] if contents[-1] != image.sha256 else contents[0]
    )
    assert len(Places(folder, Digests.of([image.sha256]), SIDE, "stretch").look()) == 1
    # What the page names: dead rows, until the operator has the tables written again.
    write_tables_again()
    assert found_in(base, in_rows) == {}
    clean_this_machine()
    assert found_in(scratch.jobs_dir().parent, needles) == {}

"""Which images without a class a training may learn from: nothing that is measured on."""

import pytest
from django.utils import timezone
from PIL import Image as Picture

from datasets.models import Image, Sample, Split
from datasets.selectors.unlabelled import images_left
from datasets.services.quality.fingerprints import take_missing
from datasets.services.versions.freeze import freeze
from datasets.services.versions.unlabelled import unlabelled_of
from tests import factories
from tests.datasets.conftest import encoded
from tests.datasets.pictures import scene

pytestmark = pytest.mark.django_db


def _ignore(done: int, total: int) -> None: ...


@pytest.fixture
def frozen(user):
    dataset = factories.make_dataset(user=user)
    files = [
        (f"{name}{n}.png", encoded(scene(100 * place + n), "PNG"), name)
        for place, name in enumerate(("cat", "dog"))
        for n in range(10)
    ]
    factories.add_files(dataset, files)
    # As imports do.
    take_missing(dataset, _ignore)
    contents = {name: content for name, content, _ in files}
    return freeze(user=user, dataset=dataset), contents


def _of(version, split):
    return Sample.objects.filter(version=version, split=split).order_by("id")


def _unlabelled(dataset, number: int, content: bytes) -> Image:
    return factories.add_files(dataset, [(f"new{number}.png", content, "")])[0]


def test_nothing_that_is_measured_on_is_asked_about(frozen, user):
    version, contents = frozen
    dataset = version.dataset
    test, validation = (_of(version, split)[0] for split in (Split.TEST, Split.VALIDATION))
    train = _of(version, Split.TRAIN)[0]
    fresh = [_unlabelled(dataset, n, encoded(scene(500 + n), "PNG")) for n in range(4)]
    _unlabelled(dataset, 10, contents[test.name])
    _unlabelled(dataset, 11, contents[train.name])
    smaller = _picture_of(validation).resize((80, 80), Picture.Resampling.LANCZOS)
    _unlabelled(dataset, 12, encoded(smaller, "JPEG", quality=85))
    trashed = _of(version, Split.TEST)[1]
    Image.objects.filter(pk=trashed.image_id).update(deleted_at=timezone.now())
    _unlabelled(dataset, 13, encoded(_picture_of(trashed).resize((70, 70)), "PNG"))
    out, gone = fresh[2], fresh[3]
    Image.objects.filter(pk=out.pk).update(excluded_at=timezone.now())
    Image.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())

    found = unlabelled_of(version, 100, _ignore)
    assert found.contents == sorted(each.sha256 for each in fresh[:2])
    assert (found.held_out, found.known, found.beyond) == (3, 1, 0)
    assert unlabelled_of(version, 1, _ignore).beyond >= 1
    assert images_left(version, [gone.sha256, *found.contents]) == found.contents


def test_what_an_earlier_version_tests_is_not_asked_about(frozen, user):
    """Its class was taken away since: the next version has it nowhere."""
    version, _ = frozen
    tested = _of(version, Split.TEST)[0].image
    Image.objects.filter(pk=tested.pk).update(class_label=None)
    later = freeze(user=user, dataset=version.dataset)
    assert not Sample.objects.filter(version=later, image=tested).exists()
    assert unlabelled_of(later, 100, _ignore) == unlabelled_of(version, 100, _ignore)
    assert unlabelled_of(later, 100, _ignore).contents == []


def _picture_of(sample: Sample) -> Picture.Image:
    number = int(sample.name[3:-4]) + (100 if sample.name.startswith("dog") else 0)
    return scene(number)

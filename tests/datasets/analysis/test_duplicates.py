from itertools import combinations

import numpy as np
import pytest
from PIL import Image, ImageOps

from common.imaging import decode_rgb
from datasets.analysis.duplicates import SAME_PICTURE, near_duplicates
from datasets.analysis.fingerprint import fingerprint, stack_thumbnails
from datasets.analysis.groups import group_ids, groups_by_key, straddling
from tests.datasets.analysis.planting import (
    ANIMALS,
    CHANGES,
    CIFAR10,
    files_in,
    near_copy,
    through_jpeg,
)


def photographs(count: int, archive=ANIMALS, prefix="validation/") -> list[Image.Image]:
    if not archive.exists():
        pytest.skip("../shared/data is missing")
    names_and_contents = list(files_in(archive, prefix))
    step = max(1, len(names_and_contents) // count)
    return [decode_rgb(content) for _, content in names_and_contents[::step][:count]]


def thumbnails_of(images: list[Image.Image]) -> np.ndarray:
    return stack_thumbnails(fingerprint(image).thumbnail for image in images)


@pytest.mark.shared_data
def test_every_exact_duplicate_and_leak_of_the_animals_set_is_found(animals):
    """Brute force here is the comparison of all pairs of files and all pairs of pixel arrays."""
    contents = dict(files_in(ANIMALS))
    by_size: dict[int, list[int]] = {}
    for index, name in enumerate(animals.names):
        by_size.setdefault(len(contents[name]), []).append(index)
    same_bytes = {
        pair
        for members in by_size.values()
        for pair in combinations(members, 2)
        if contents[animals.names[pair[0]]] == contents[animals.names[pair[1]]]
    }
    found = groups_by_key(animals.sha256)
    assert {pair for group in found for pair in combinations(group, 2)} == same_bytes
    assert same_bytes

    # Equal pictures have equal thumbnails and sizes, so only those pairs need their pixels read.
    alike: dict[tuple, list[int]] = {}
    for index, one in enumerate(animals.prints):
        alike.setdefault((one.width, one.height, one.thumbnail), []).append(index)
    same_pixels = {
        pair
        for members in alike.values()
        for pair in combinations(members, 2)
        if decode_rgb(contents[animals.names[pair[0]]]).tobytes()
        == decode_rgb(contents[animals.names[pair[1]]]).tobytes()
    }
    by_pixels = groups_by_key(one.pixels_sha256 for one in animals.prints)
    assert {pair for group in by_pixels for pair in combinations(group, 2)} == same_pixels

    leaks = {pair for pair in same_pixels if animals.splits[pair[0]] != animals.splits[pair[1]]}
    straddled = straddling(by_pixels, animals.splits)
    assert leaks
    assert leaks <= {pair for group in straddled for pair in combinations(group, 2)}


@pytest.mark.shared_data
def test_a_near_duplicate_leak_of_the_animals_set_is_found(animals):
    """One snake stands in both splits, once with a banner over its foot; seen by eye."""
    found = near_duplicates(stack_thumbnails(one.thumbnail for one in animals.prints))
    leaks = straddling(found.groups, animals.splits)
    named = {tuple(animals.names[index] for index in group) for group in leaks}
    assert named == {
        ("train/cats/0_0674.jpg", "validation/cats/0_0255.jpg"),
        ("train/snakes/2_0672.jpg", "validation/snakes/2_0056.jpg"),
    }
    # Looked at: six pairs in all, each the same photograph.
    assert len(found.pairs) == 6
    assert (found.agreements >= SAME_PICTURE).all()


@pytest.mark.shared_data
def test_500_planted_copies_are_found_among_the_animals_and_nothing_else(animals):
    random = np.random.default_rng(11)
    chosen = np.sort(random.choice(len(animals.names), 500, replace=False))
    contents = dict(files_in(ANIMALS))
    copies = [
        near_copy(decode_rgb(contents[animals.names[index]]), CHANGES[turn % 4], random)
        for turn, index in enumerate(chosen)
    ]
    count = len(animals.names)
    originals = stack_thumbnails(one.thumbnail for one in animals.prints)
    found = near_duplicates(np.concatenate([originals, thumbnails_of(copies)]))
    ids = group_ids(found.groups, count + 500)
    recall = (ids[chosen] == ids[count:]).mean()
    already_there = group_ids(near_duplicates(originals).groups, count)
    # A pair is right where the two originals are the same or were copies before (seen by eye).
    origin = already_there[np.concatenate([np.arange(count), chosen])]
    right = origin[found.pairs[:, 0]] == origin[found.pairs[:, 1]]
    assert recall >= 0.95
    assert right.mean() >= 0.99


@pytest.mark.shared_data
def test_copies_are_found_among_tiny_pictures():
    images = photographs(2000, CIFAR10, "test/")
    random = np.random.default_rng(2)
    copies = [
        near_copy(image, CHANGES[turn % 4], random) for turn, image in enumerate(images[::20])
    ]
    found = near_duplicates(thumbnails_of(images + copies))
    ids = group_ids(found.groups, len(images) + len(copies))
    assert (ids[np.arange(0, len(images), 20)] == ids[len(images) :]).mean() >= 0.95


@pytest.mark.shared_data
def test_a_mirrored_and_cropped_copy_is_found():
    (image,) = photographs(1)
    mirrored = ImageOps.mirror(image).crop((6, 6, image.width - 6, image.height))
    found = near_duplicates(thumbnails_of([image, through_jpeg(mirrored, 60)]))
    assert found.groups == [(0, 1)]


def test_smooth_and_blank_pictures_are_no_copies_of_each_other():
    ramp = np.linspace(0, 255, 64)
    skies = [
        Image.fromarray(
            np.repeat(np.clip(ramp * gain + offset, 0, 255)[:, None], 64, 1).astype("u1")
        )
        for gain, offset in ((0.3, 120), (0.5, 100), (0.2, 30))
    ]
    skies += [Image.new("L", (64, 64), level) for level in (0, 128, 255)]
    found = near_duplicates(thumbnails_of([sky.convert("RGB") for sky in skies]))
    assert found.groups == []


def test_equal_thumbnails_are_copies_at_once_even_by_the_thousand():
    random = np.random.default_rng(0)
    two = random.integers(0, 256, (2, 32, 32), dtype=np.uint8)
    found = near_duplicates(two[np.arange(5000) % 2])
    assert [len(group) for group in found.groups] == [2500, 2500]
    assert len(found.pairs) == 4998


def test_many_images_that_are_nearly_alike_stay_within_memory():
    """A still camera: every pair is a candidate, and one group comes out."""
    random = np.random.default_rng(0)
    scene = np.asarray(
        Image.fromarray(random.integers(30, 220, (8, 8), dtype=np.uint8)).resize((32, 32))
    ).astype(int)
    frames = scene + random.integers(-2, 3, (400, 32, 32))
    found = near_duplicates(frames.astype(np.uint8))
    assert [len(group) for group in found.groups] == [400]
    assert len(found.pairs) <= 32 * 400


def test_progress_is_told_and_can_stop_the_work():
    random = np.random.default_rng(0)
    thumbnails = random.integers(0, 256, (300, 32, 32), dtype=np.uint8)
    told: list[tuple[int, int]] = []
    near_duplicates(thumbnails, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (300, 300)
    assert len(told) > 1

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        near_duplicates(thumbnails, progress=stop)


@pytest.mark.parametrize("count", [0, 1])
def test_no_images_and_one_image_have_no_copies(count):
    assert near_duplicates(np.zeros((count, 32, 32), np.uint8)).groups == []

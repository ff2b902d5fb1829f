"""Augmentation: drawn from its seed alone, and no more than its kind allows."""

import numpy as np
import pytest
import tensorflow as tf

from classifier.engine.fit.augment import augment


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (64, 32, 32, 3), np.uint8)


def run(images: np.ndarray, kind: str, seed: tuple[int, int] = (7, 1)) -> np.ndarray:
    return augment(tf.constant(images), kind, tf.constant(seed, tf.int32)).numpy()


def test_none_changes_nothing(images) -> None:
    assert np.array_equal(run(images, "none"), images)


@pytest.mark.parametrize("kind", ["shift", "mirror", "full"])
def test_the_seed_decides_everything(images, kind) -> None:
    first = run(images, kind)
    assert np.array_equal(first, run(images, kind))
    assert not np.array_equal(first, run(images, kind, (7, 2)))
    assert not np.array_equal(first, run(images, kind, (8, 1)))
    assert first.min() >= 0
    assert first.max() <= 255


def test_shift_moves_by_whole_pixels_and_never_mirrors(images) -> None:
    moves = [found(images[i], moved) for i, moved in enumerate(run(images, "shift"))]
    assert None not in moves
    assert max(abs(step) for move in moves for step in move) == 4
    assert len(set(moves)) > 20


def test_mirror_mirrors_about_half(images) -> None:
    changed = run(images, "mirror")
    straight = sum(found(images[i], moved) is not None for i, moved in enumerate(changed))
    mirrored = sum(found(images[i, :, ::-1], moved) is not None for i, moved in enumerate(changed))
    assert straight + mirrored == 64
    assert 20 <= mirrored <= 44


def found(image: np.ndarray, moved: np.ndarray) -> tuple[int, int] | None:
    """Return by how much ``moved`` is ``image`` moved (down, right), judged by its middle."""
    for down in range(-4, 5):
        for right in range(-4, 5):
            piece = image[8 + down : 24 + down, 8 + right : 24 + right]
            if np.allclose(moved[8:24, 8:24], piece, atol=0.01):
                return down, right
    return None

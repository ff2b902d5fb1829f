"""Augmentation: drawn from its seed alone, each change by itself, one for trainer and preview."""

import numpy as np
import pytest
import tensorflow as tf

from classifier.engine.fit.augment.arrays import augmented
from classifier.engine.fit.augment.draws import drawn
from classifier.engine.fit.augment.tensors import augment, mixed_targets
from classifier.engine.presets.augmentation import CHANGES, LEVELS, NOTHING, Augmentations
from classifier.engine.presets.config import TrainingConfig
from classifier.engine.presets.registry import checked_config

SETTINGS = TrainingConfig.settings()
SEED = (7, 1, 1)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (64, 32, 32, 3), np.uint8)


def run(images: np.ndarray, values: Augmentations, seed: tuple[int, ...] = SEED) -> np.ndarray:
    found = drawn(values, len(images), images.shape[1], seed)
    return augment(tf.constant(images), tf.constant(found), values).numpy()


def test_none_changes_nothing(images) -> None:
    assert np.array_equal(run(images, NOTHING), images)


@pytest.mark.parametrize("level", ["shift", "mirror", "full"])
def test_the_seed_decides_everything(images, level) -> None:
    first = run(images, LEVELS[level])
    assert np.array_equal(first, run(images, LEVELS[level]))
    assert not np.array_equal(first, run(images, LEVELS[level], (7, 1, 2)))
    assert not np.array_equal(first, run(images, LEVELS[level], (8, 1, 1)))


@pytest.mark.parametrize("share", [0.2, 1.0])
@pytest.mark.parametrize("name", CHANGES)
def test_each_change_by_itself_is_what_its_preview_shows(images, name, share) -> None:
    values = Augmentations(**{name: SETTINGS[name].maximum * share})
    trained = run(images, values)
    assert not np.array_equal(trained, images)
    assert trained.min() >= -0.01
    assert trained.max() <= 255.01
    shown, own = augmented(images, values, SEED)
    # TensorFlow finds places in float32: at an edge between two pixels a few fall to the other.
    assert np.mean(np.abs(trained - shown) > 1) < 0.002
    targets = tf.one_hot(np.arange(64) % 4, 4)
    mixed = mixed_targets(targets, drawn(values, 64, 32, SEED), values).numpy()
    np.testing.assert_allclose(mixed.sum(axis=1), 1, rtol=1e-5)
    assert (mixed.max(axis=1) < 1).any() == (name in ("mixup", "cutmix"))
    assert ((own >= 0) & (own <= 1)).all()


def test_a_change_turned_on_leaves_the_draws_of_the_others(images) -> None:
    alone = drawn(Augmentations(rotate=10.0), 8, 32, SEED)
    both = drawn(Augmentations(rotate=10.0, brightness=0.5), 8, 32, SEED)
    np.testing.assert_array_equal(alone[:, :8], both[:, :8])


def test_levels_are_named_sets_and_single_values_go_over_them() -> None:
    config = checked_config("cnn_tiny", {"augmentation": "full", "rotate": 0, "mixup": 0.2})
    assert config.augmentations == Augmentations(
        flip=0.5, translate=0.125, zoom=0.2, colour=0.25, brightness=0.25, contrast=0.25, mixup=0.2
    )
    assert config.changed_augmentations == {"rotate": 0.0, "mixup": 0.2}


def test_a_pasted_piece_has_its_share_of_the_class(images) -> None:
    values = Augmentations(cutmix=1.0)
    black_and_white = np.zeros_like(images)
    black_and_white[:32] = 255
    shown, own = augmented(black_and_white, values, SEED)
    np.testing.assert_allclose(shown[:32].mean(axis=(1, 2, 3)) / 255, own[:32], atol=1e-5)
    np.testing.assert_allclose(shown[32:].mean(axis=(1, 2, 3)) / 255, 1 - own[32:], atol=1e-5)
    assert own.std() > 0.1


def test_an_odd_batch_and_a_single_image(images) -> None:
    for count in (1, 5):
        values = Augmentations(mixup=1.0, cutmix=1.0, random_erasing=1.0, rand_augment=1.0)
        assert np.isfinite(run(images[:count], values)).all()


def test_shift_moves_by_whole_pixels_and_never_mirrors(images) -> None:
    moves = [found(images[i], moved) for i, moved in enumerate(run(images, LEVELS["shift"]))]
    assert None not in moves
    assert max(abs(step) for move in moves for step in move) == 4
    assert len(set(moves)) > 20


@pytest.mark.parametrize("values", [LEVELS["mirror"], Augmentations(flip_vertical=0.5)])
def test_whole_pixels_are_moved_as_the_transform_moves_them(images, values) -> None:
    transformed = augmented(images, values, SEED)[0]
    assert np.array_equal(run(images, values), transformed)
    far = Augmentations(translate=0.5, flip=0.5, flip_vertical=0.5)
    assert np.array_equal(run(images, far), augmented(images, far, SEED)[0])


def test_mirror_mirrors_about_half(images) -> None:
    changed = run(images, LEVELS["mirror"])
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

"""Weights by which class and subgroup are independent."""

import numpy as np
import pytest

from classifier.engine.errors import BadData, InvalidConfig
from classifier.engine.fit.shares import drawn
from classifier.engine.presets.registry import PRESETS, checked_config
from classifier.engine.presets.treatments import treatments_of, without_treatments
from classifier.engine.samples import TrainingSamples
from classifier.engine.subgroups import Subgroups

NAMES = ("cat", "dog", "owl")


def _divided(counts: dict[tuple[str, int], int]) -> tuple[list[tuple[str, int]], Subgroups]:
    """Samples with so many images of each subgroup and class."""
    samples, of = [], {}
    for (group, index), count in counts.items():
        for number in range(count):
            sample = (f"{group}/{index}/{number}", index)
            samples.append(sample)
            of[sample] = group
    return samples, Subgroups("camera", NAMES, of)


def test_under_the_weights_classes_are_as_frequent_in_each_subgroup() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        counts = {(g, c): int(random.integers(1, 40)) for g in ("", "new", "old") for c in range(3)}
        samples, subgroups = _divided(counts)
        weights = subgroups.weights(samples)
        assert weights.mean() == pytest.approx(1, abs=1e-5)
        groups = np.array([subgroups.of[sample] for sample in samples])
        labels = np.array([index for _, index in samples])
        for index in range(3):
            everywhere = (labels == index).mean()
            assert weights[labels == index].sum() == pytest.approx(
                (labels == index).sum(), rel=1e-5
            )
            for group in ("", "new", "old"):
                here = groups == group
                share = weights[here & (labels == index)].sum() / weights[here].sum()
                assert share == pytest.approx(everywhere, rel=1e-4)


def test_a_class_that_a_subgroup_lacks_is_refused_by_both_names() -> None:
    samples, subgroups = _divided({("new", 0): 3, ("new", 1): 3, ("", 0): 3, ("old", 1): 3})
    with pytest.raises(BadData, match=r"No train image of 'dog' has camera no value \(and 1 more"):
        TrainingSamples(train=samples, validation=[], pixels=None, subgroups=subgroups).check(NAMES)  # type: ignore
    samples, subgroups = _divided({("new", 0): 3, ("new", 1): 3})
    with pytest.raises(BadData, match="all train images have the same camera"):
        subgroups.check(samples)
    plain = TrainingSamples(train=samples, validation=[], pixels=None)  # type: ignore
    assert plain.weights is None
    with pytest.raises(ValueError, match="not divided by camera"):
        plain.check(NAMES, "camera")


def test_a_run_says_which_images_count_most_and_least() -> None:
    samples, subgroups = _divided({("a", 0): 9, ("a", 1): 1, ("b", 0): 1, ("b", 1): 9})
    told = subgroups.told(samples)
    assert (told["column"], told["hidden"]) == ("camera", 0)
    assert told["cells"][0] == {"subgroup": "a", "class_name": "dog", "images": 1, "weight": 5.0}
    assert told["cells"][-1]["weight"] == pytest.approx(5 / 9)


def test_every_preset_takes_it_but_those_that_cannot_weigh_images() -> None:
    refused = {name for name in PRESETS if "reweight_by" not in PRESETS[name].settings}
    assert refused == {"k_nearest_neighbours", "distilled"}
    with pytest.raises(InvalidConfig, match="k_nearest_neighbours cannot weigh images"):
        checked_config("k_nearest_neighbours", {"reweight_by": "camera"})
    with pytest.raises(InvalidConfig, match="self_training must be 0 with reweight_by"):
        checked_config("cnn_tiny", {"reweight_by": "camera", "self_training": 0.9})


def test_its_twin_is_without_it_alone() -> None:
    config = checked_config("cnn_tiny", {"reweight_by": "camera", "balance": "class_weights"})
    assert treatments_of(config) == ["reweighting by camera"]
    assert without_treatments(config) == {**config.to_dict(), "reweight_by": ""}


def test_a_sample_that_is_drawn_misses_no_cell_and_is_divided_as_the_whole() -> None:
    samples, subgroups = _divided({("a", 0): 30, ("a", 1): 1, ("b", 0): 2, ("b", 1): 30})
    for seed in range(5):
        found = drawn(samples, seed, subgroups)
        subgroups.check(found)
        cells = [(subgroups.of[each], each[1]) for each in found]
        assert [cells.count(cell) for cell in (("a", 0), ("a", 1), ("b", 0))] == [30, 1, 2]


def test_a_checkpoint_of_other_weights_is_another_training() -> None:
    samples, subgroups = _divided({("a", 0): 3, ("a", 1): 1, ("b", 0): 1, ("b", 1): 3})
    moved = Subgroups("camera", NAMES, {**subgroups.of, samples[0]: "b"})
    parts = {"train": samples, "validation": [], "pixels": None}
    one, other, none = (
        TrainingSamples(**parts, subgroups=each)  # type: ignore
        for each in (subgroups, moved, None)
    )
    assert len({one.weights_digest, other.weights_digest, none.weights_digest}) == 3
    assert none.weights_digest == ""

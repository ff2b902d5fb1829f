"""What is tried next: the same of the same trials, in whichever process asks."""

import subprocess
import sys
from math import log10
from types import SimpleNamespace

import numpy as np
import pytest

from classifier.engine.fit.trial import VectorsByBackbone
from classifier.engine.presets.registry import PRESETS
from classifier.engine.search.dimensions import Choices, Range
from classifier.engine.search.propose import propose
from classifier.engine.search.study import (
    Past,
    ask,
    grid_point,
    importances,
    is_behind,
    lies_in,
)
from classifier.engine.search.usual import default_space
from tests.servers import REPOSITORY_DIR

SPACE = {
    "rate": Range(1e-4, 1.0, log=True, whole=False, points=4),
    "layers": Range(1, 8, log=False, whole=True, points=3),
    "kind": Choices(("a", "b", "c")),
    "on": Choices((False, True)),
}


def value_of(params) -> float:
    """Best near rate 0.01 with b; the number of layers hardly matters."""
    off = abs(-2 - log10(params["rate"]))
    return 1 - 0.2 * off - 0.1 * (params["kind"] != "b") - 0.001 * params["layers"]


def searched(sampler, trials, seed) -> list[Past]:
    past = []
    for number in range(trials):
        asked = ask(
            SPACE, sampler=sampler, seed=seed, number=number, trials=trials, past=list(past)
        )
        past.append(Past(asked.params, value_of(asked.params), generation=asked.generation))
    return past


@pytest.mark.parametrize("sampler", ["tpe", "random", "nsga2", "grid"])
def test_a_study_that_is_built_again_asks_the_same(sampler):
    first, second = searched(sampler, 12, seed=3), searched(sampler, 12, seed=3)
    assert first == second
    assert searched(sampler, 12, seed=4) != first
    for each in first:
        assert lies_in(SPACE, each.params) == each.params
        assert type(each.params["layers"]) is int
    # A failed trial and one that is still under way change what is asked; nothing breaks.
    open_ones = [*first[:5], Past(first[5].params, None), Past(first[6].params, None, True)]
    assert ask(SPACE, sampler=sampler, seed=3, number=7, trials=12, past=open_ones).params


def test_tpe_finds_what_chance_does_not():
    def best(sampler):
        return sum(max(each.value for each in searched(sampler, 40, s)) for s in range(3)) / 3

    assert best("tpe") > best("random")


def test_the_genetic_sampler_has_generations():
    found = searched("nsga2", 30, seed=0)
    assert [each.generation for each in found[::6]] == [0, 1, 2, 3, 4]


def test_a_grid_has_each_point_once():
    points = [grid_point(SPACE, 1, number) for number in range(4 * 3 * 3 * 2)]
    assert len({tuple(each.values()) for each in points}) == 72
    assert points != [grid_point(SPACE, 2, number) for number in range(72)]
    with pytest.raises(IndexError):
        grid_point(SPACE, 1, 72)


def test_importance_says_which_setting_moves_the_value_or_that_there_are_too_few():
    found = searched("random", 60, seed=0)
    shares = importances(SPACE, found)
    assert list(shares) == list(SPACE)
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.get) == "rate"
    assert shares["layers"] < 0.1
    assert importances(SPACE, found[:11]) is None, "three for each setting"
    assert importances({"rate": SPACE["rate"]}, found) is None, "one has no others beside it"
    assert importances(SPACE, [Past(each.params, 0.5) for each in found]) is None


def test_a_trial_below_the_median_of_others_is_behind():
    others = [{1: 0.3, 2: 0.5 + place / 100, 3: 0.8} for place in range(5)]
    assert is_behind({1: 0.1, 2: 0.2}, others)
    assert not is_behind({1: 0.1, 2: 0.6}, others)
    assert not is_behind({1: 0.1}, others), "it learns for two epochs first"
    assert not is_behind({1: 0.1, 2: 0.2}, others[:3]), "too few others"
    # Its best epoch counts, not the last one.
    assert not is_behind({1: 0.7, 2: 0.1}, others)


def test_a_short_search_proposes_whole_settings():
    preset = PRESETS["efficientnet_lite0"]
    base = preset.defaults.to_dict()
    assert propose(preset=preset.name, done=[]) == base
    done = [(base, 0.9)]
    for number in range(5):
        values = propose(preset=preset.name, done=done, seed=1)
        assert values == propose(preset=preset.name, done=done, seed=1)
        assert lies_in(default_space(preset, base), values) is not None
        done.append((values, 0.8 if number else None))
    assert len({tuple(values.values()) for values, _ in done}) == 6


def test_vectors_of_the_last_two_sizes_stay_in_memory():
    asked = []

    def read(backbone, samples, twins, watch):
        asked.append(backbone.name)
        return [np.zeros((len(samples), 2), np.float32)]

    samples = [("a", 0), ("b", 1)]
    kept = VectorsByBackbone(read, samples)
    for size in ("96", "128", "96", "160", "96", "128"):
        backbone = SimpleNamespace(name=size, fit="crop")
        [vectors] = kept(backbone, samples[1:], twins=False, watch=None)
        assert vectors.shape == (1, 2)
    assert asked == ["96", "128", "160", "128"]


def test_optuna_comes_with_the_question_and_without_its_storage():
    program = """
import sys
from math import log10
import classifier.engine.search.propose, classifier.engine.search.study as study
assert "optuna" not in sys.modules
from tests.classifier.engine.search.test_study import SPACE
study.ask(SPACE, sampler="tpe", seed=0, number=0, trials=9, past=[])
print([name for name in ("optuna", "sqlalchemy", "alembic", "torch") if name in sys.modules])
"""
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "['optuna']"

"""What losses at growing learning rates say: the rate to take, or that they say too little."""

import re

import numpy as np
import pytest

from classifier.engine.fit.rate_curve import RateCurve, curve_of, growing, has_diverged, smoothed

RATES = growing(1e-6, 1.0, 100)


def losses(falls_at: float, explodes_at: float, *, noise: float = 0.05, seed: int = 0):
    """A loss from 2.3 to 0.5, fastest at one rate, that grows without bound at another."""
    rates = np.log10(RATES)
    fall = 1.8 / (1 + np.exp(-5 * (rates - np.log10(falls_at))))
    rise = (RATES / explodes_at) ** 2
    return 2.3 - fall + rise + np.random.default_rng(seed).normal(0, noise, len(RATES))


def until_it_diverges(values) -> list[float]:
    told = []
    for value in values:
        told.append(float(value))
        if has_diverged(told):
            break
    return told


def test_rates_grow_by_one_factor_from_end_to_end():
    assert (RATES[0], RATES[-1], len(RATES)) == pytest.approx((1e-6, 1.0, 100))
    assert np.ptp(RATES[1:] / RATES[:-1]) < 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_the_steepest_point_and_a_tenth_of_the_minimum_are_found(seed):
    told = until_it_diverges(losses(1e-3, 0.2, seed=seed))
    assert len(told) < 100
    curve = curve_of(RATES, told)
    steepest, tenth = curve.suggestions
    assert (steepest.method, tenth.method) == ("steepest", "tenth_of_minimum")
    assert 0.0004 < steepest.learning_rate < 0.0025
    assert 0.001 < tenth.learning_rate < 0.008
    assert curve.diverged_at == pytest.approx(RATES[len(told) - 1])
    assert curve.diverged_at > 10 * steepest.learning_rate
    assert f"falls fastest at a learning rate of {steepest.learning_rate:g}." in curve.verdict
    assert f"is {tenth.learning_rate:g}." in curve.verdict
    # What is typed into a field has two digits.
    assert all(
        each.learning_rate == float(f"{each.learning_rate:.1e}") for each in (steepest, tenth)
    )
    assert RateCurve.from_json(curve.to_json()) == curve


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.4])
def test_a_loss_that_never_falls_is_too_little_to_say(noise):
    random = np.random.default_rng(1)
    curve = curve_of(RATES, list(2.3 + random.normal(0, noise, 100)))
    assert curve.suggestions == []
    assert "too little to say" in curve.verdict
    assert len(curve.points) == 100


def test_a_loss_that_is_no_number_ends_the_test_and_is_no_point():
    told = [*losses(1e-3, 0.2)[:80], float("nan")]
    assert has_diverged(told)
    assert not has_diverged(told[:-1])
    curve = curve_of(RATES, told)
    assert len(curve.points) == 80
    assert curve.diverged_at == pytest.approx(RATES[80])
    assert curve.suggestions
    at_once = curve_of(RATES, [float("inf")])
    assert (at_once.points, at_once.suggestions) == ([], [])
    assert at_once.verdict == "Too few steps to say: the loss was no number from step 1 on."


@pytest.mark.parametrize("power", [0.5, 1, 3])
def test_a_loss_that_rises_from_the_start_names_no_rate(power):
    told = until_it_diverges(1.0 + np.arange(100.0) ** power)
    curve = curve_of(RATES, told)
    assert curve.suggestions == []
    assert re.fullmatch(
        r"The loss was [\d.]+ at the start and rose from there: .* no rate to suggest\.",
        curve.verdict,
    )
    assert len(curve.points) == len(told)
    assert (curve.diverged_at is None) == (len(told) == 100)


@pytest.mark.parametrize("level", [0.0, 1e-9, 2.3])
def test_a_flat_loss_is_too_little_to_say(level):
    curve = curve_of(RATES, [level] * 100)
    assert (curve.suggestions, curve.diverged_at) == ([], None)
    assert "too little to say" in curve.verdict


def test_a_few_numbers_and_then_none():
    for steps in (1, 8, 9):
        told = [2.3] * steps + [float("nan")]
        curve = curve_of(RATES, told)
        assert (len(curve.points), curve.suggestions) == (steps, [])
        assert curve.diverged_at == pytest.approx(RATES[steps])
        sentence = f"Too few steps to say: the loss was no number from step {steps + 1} on."
        assert (curve.verdict == sentence) == (steps <= 8)
        assert RateCurve.from_json(curve.to_json()) == curve
    alone = curve_of(RATES, [2.3])
    assert (len(alone.points), alone.suggestions, alone.diverged_at) == (1, [], None)
    assert alone.verdict == "Too few steps to say: it takes 9."


def test_a_rate_that_the_setting_does_not_take_is_not_suggested():
    rates = np.log10(RATES)
    values = 2.3 - 2 * np.exp(-(((rates + 5.1) / 0.25) ** 2))
    curve = curve_of(RATES, list(values))
    [steepest] = curve.suggestions
    assert (steepest.method, steepest.learning_rate >= 1e-6) == ("steepest", True)
    assert curve.verdict == (
        f"The loss falls fastest at a learning rate of {steepest.learning_rate:g}."
    )


def test_the_noise_of_batches_before_the_fall_is_not_its_steepest_place():
    """As of a set of three images, whose loss jumps by dropout at rates that move nothing."""
    told = losses(1e-3, 0.2, noise=0.0)
    told[2:30] += 0.35 * np.sin(np.arange(28) * 0.9)
    steepest, _ = curve_of(RATES, until_it_diverges(told)).suggestions
    assert 0.0004 < steepest.learning_rate < 0.0025


def test_a_loss_near_0_does_not_diverge_by_one_hard_batch():
    told = list(np.full(60, 2.3)) + list(np.full(20, 0.01)) + [1.0]
    assert not has_diverged(told)


def test_a_loss_that_falls_to_the_end_says_so():
    curve = curve_of(RATES, list(losses(0.3, 1e9, noise=0.0)))
    assert curve.diverged_at is None
    assert curve.verdict.endswith("It still fell at the highest rate that the setting takes.")


def test_smoothing_looks_both_ways_and_keeps_a_constant():
    assert smoothed([2.0] * 30) == pytest.approx([2.0] * 30)
    step = smoothed([1.0] * 20 + [0.0] * 20)
    assert step[19] + step[20] == pytest.approx(1.0)

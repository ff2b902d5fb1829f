"""A head on vectors: as Keras fits it, repeatable, resumable, and at home with odd data."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from classifier.engine.errors import BadData, Cancelled, FinishAsked
from classifier.engine.fit.balance import Balance
from classifier.engine.fit.checkpoints import Checkpoints
from classifier.engine.fit.fitting import Fitting, Stage
from classifier.engine.fit.head import Head, HeadSteps
from classifier.engine.fit.schedules import Schedule
from classifier.engine.fit.state import FitState
from classifier.engine.presets.augmentation import NOTHING
from classifier.engine.presets.registry import checked_config
from classifier.engine.runtime.batches import Arrays
from classifier.engine.watch import Watch

WIDTH = 16
CONFIG = replace(checked_config("mobilenet_v2", {"epochs": 6, "seed": 3}), learning_rate=0.02)


class Recorder:
    """An observer that keeps the epochs; ``dies_at`` this one, before its checkpoint is written."""

    def __init__(self, dies_at: int = 0, stops: bool = False, finish: str = "") -> None:
        self.rows: list = []
        self._dies_at = dies_at
        self._stops = stops
        self._finish = finish

    def epoch(self, metrics, answers) -> None:
        self.rows.append(metrics)
        self.answers = answers
        if metrics.epoch == self._dies_at:
            raise SystemExit

    def stage(self, message) -> None: ...

    def progress(self, *args) -> None: ...

    def should_stop(self) -> bool:
        return self._stops

    def asked_to_finish(self) -> str:
        return self._finish if len(self.rows) >= 3 else ""

    @property
    def curve(self) -> list[tuple]:
        """What no clock decides."""
        return [(row.loss, row.accuracy, row.val_loss, row.learning_rate) for row in self.rows]


def clouds(classes: int, each: int, seed: int = 0) -> Arrays:
    """Vectors around one random place for each class."""
    places = np.random.default_rng(1).normal(0, 1, (classes, WIDTH))
    labels = np.repeat(np.arange(classes), each)
    noise = np.random.default_rng(seed).normal(0, 0.5, (len(labels), WIDTH))
    return Arrays((places[labels] + noise).astype(np.float32), labels)


def fit(
    train, validation, *, classes, config=CONFIG, observer=None, checkpoints=None, every=0.0,
    within_time=False,
):  # fmt: skip
    head = Head.untrained(WIDTH, classes, config.seed)
    fitting = Fitting(config, Watch(observer or Recorder()), checkpoints)
    stage = Stage(
        name="head",
        steps=lambda schedule, loss: HeadSteps(head, schedule, loss, config),
        train=train,
        balance=Balance(config, train.labels, classes),
        validation=validation,
        epochs=config.epochs,
        learning_rate=config.learning_rate,
        checkpoint_seconds=every,
    )
    if within_time:
        with fitting.within_time():
            fitting.run(stage)
    else:
        fitting.run(stage)
    return Head.of(fitting.state.best), fitting.state


@pytest.mark.parametrize(("classes", "each"), [(2, 40), (1000, 3)])
def test_it_learns_two_classes_and_a_thousand(classes, each) -> None:
    observer, validation = Recorder(), clouds(classes, 2, seed=2)
    head, state = fit(clouds(classes, each), validation, classes=classes, observer=observer)
    told = observer.answers
    assert told.correct.shape == (classes,)
    assert told.correct.sum() / (2 * classes) == pytest.approx(state.history[-1].val_accuracy)
    assert len(told.predicted) == len(told.probability) == min(12, 2 * classes)
    assert state.best_metrics.val_accuracy >= (1.0 if classes == 2 else 0.5)
    answers = head.predict(clouds(classes, 1, seed=5).inputs)
    assert answers.shape == (classes, classes)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


def test_float16_vectors_are_learned_from_as_they_are_stored() -> None:
    train, validation = clouds(3, 40), clouds(3, 10, seed=2)
    stored = [Arrays(part.inputs.astype(np.float16), part.labels) for part in (train, validation)]
    _, full = fit(train, validation, classes=3)
    head, half = fit(*stored, classes=3)
    assert head.kernel.dtype == np.float32
    assert half.best_metrics.val_loss == pytest.approx(full.best_metrics.val_loss, abs=0.01)


def test_a_class_that_validation_lacks_and_no_validation_at_all() -> None:
    train, validation = clouds(3, 20), clouds(3, 5, seed=2)
    some = Arrays(validation.inputs[:10], validation.labels[:10])
    head, state = fit(train, some, classes=3)
    assert state.best_metrics.val_accuracy == 1.0
    assert (head.predict(validation.inputs[10:]).argmax(axis=1) == 2).mean() >= 0.8
    none = Arrays(validation.inputs[:0], validation.labels[:0])
    _, state = fit(train, none, classes=3)
    assert (state.best_epoch, state.best_metrics.val_loss) == (6, None)
    quiet = Recorder()
    fit(train, none, classes=3, observer=quiet)
    assert quiet.answers is None


def test_vectors_that_are_no_numbers_end_with_a_name() -> None:
    train = clouds(2, 20)
    train.inputs[3, 4] = np.nan
    with pytest.raises(BadData, match="diverged: after epoch 1"):
        fit(train, clouds(2, 5), classes=2)


def test_a_loss_that_is_no_number_later_keeps_the_best_epoch_so_far(tmp_path) -> None:
    """One of nine vectors is no number; each epoch of one batch of eight leaves out another one."""
    train = clouds(3, 3)
    left_out = Balance(CONFIG, train.labels, 3).order((CONFIG.seed, 1))[-1]
    train.inputs[left_out] = np.nan
    recorder = Recorder()
    _, state = fit(
        train, clouds(3, 5, seed=2), classes=3, config=replace(CONFIG, batch_size=8),
        observer=recorder, within_time=True,
    )  # fmt: skip
    assert (state.epoch, state.best_epoch, state.is_over) == (1, 1, True)
    assert len(recorder.rows) == 1
    assert np.isfinite(Head.of(state.best).kernel).all()
    assert state.diverged.startswith("The training diverged: after epoch 2 its loss is no longer")
    assert f"{CONFIG.learning_rate:g} at its highest" in state.diverged
    assert state.cut_short == "head"


def test_the_same_seed_gives_the_same_head_bit_for_bit_and_another_another() -> None:
    train, validation = clouds(3, 20), clouds(3, 5, seed=2)
    first, _ = fit(train, validation, classes=3)
    again, _ = fit(train, validation, classes=3)
    other, _ = fit(train, validation, classes=3, config=replace(CONFIG, seed=4))
    assert np.array_equal(first.kernel, again.kernel)
    assert not np.array_equal(first.kernel, other.kernel)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": "sgd", "schedule": "step", "decay_epochs": 2},
        {"optimizer": "rmsprop", "schedule": "plateau", "decay_epochs": 1, "learning_rate": 1.0},
    ],
)
def test_a_killed_fit_goes_on_from_its_checkpoint_to_the_same_head(tmp_path, changes) -> None:
    train, validation = clouds(3, 20), clouds(3, 5, seed=2)
    fitted = partial(fit, config=replace(CONFIG, **changes))
    whole, first, second = Recorder(), Recorder(dies_at=3), Recorder()
    expected, _ = fitted(train, validation, classes=3, observer=whole)
    checkpoints = Checkpoints(tmp_path, {"run": 1})
    with pytest.raises(SystemExit):
        fitted(train, validation, classes=3, observer=first, checkpoints=checkpoints)
    head, state = fitted(train, validation, classes=3, observer=second, checkpoints=checkpoints)
    assert first.curve == whole.curve[:3]
    assert second.curve == whole.curve[2:], "one epoch is lost at most"
    assert len({row.learning_rate for row in whole.rows}) > 1, "the rate fell"
    assert state.epoch == 6
    assert np.array_equal(head.kernel, expected.kernel)


def test_a_person_may_stop_it() -> None:
    with pytest.raises(Cancelled):
        fit(clouds(2, 20), clouds(2, 5), classes=2, observer=Recorder(stops=True))


@pytest.mark.parametrize("when", ["epoch", "now"])
def test_a_person_may_finish_it_and_the_best_epoch_is_kept(when) -> None:
    observer = Recorder(finish=when)
    train = clouds(3, 20)
    fitting = Fitting(CONFIG, Watch(observer), None)
    head = Head.untrained(WIDTH, 3, 0)
    stage = Stage(
        name="head",
        steps=lambda schedule, loss: HeadSteps(head, schedule, loss, CONFIG),
        train=train,
        balance=Balance(CONFIG, train.labels, 3),
        validation=clouds(3, 5, seed=2),
        epochs=CONFIG.epochs,
        learning_rate=CONFIG.learning_rate,
    )
    with fitting.within_time():
        fitting.run(stage)
    state = fitting.state
    assert (state.epoch, state.cut_short, state.is_over) == (3, "head", True)
    assert (state.finish_asked, state.time_is_up) == (True, False)
    assert state.best_epoch >= 1
    assert len(state.best) == 2


def test_what_is_finished_before_an_epoch_has_a_name() -> None:
    class Hasty(Recorder):
        def asked_to_finish(self) -> str:
            return "now"

    watch = Watch(Hasty())
    with pytest.raises(FinishAsked, match="before its first epoch had ended"):
        with Fitting(CONFIG, watch, None).within_time():
            watch.check()


def test_checkpoints_keep_the_distance_that_a_stage_asks_for(tmp_path) -> None:
    checkpoints = Checkpoints(tmp_path, {})
    fit(clouds(2, 20), clouds(2, 5), classes=2, checkpoints=checkpoints, every=60)
    assert checkpoints.latest() is None
    fit(clouds(2, 20), clouds(2, 5), classes=2, checkpoints=checkpoints)
    found = checkpoints.latest()
    assert found is not None
    assert FitState.from_json(found[0], []).epoch == 6


OPTIMIZERS = [
    {},
    {"optimizer": "adam", "schedule": "constant"},
    {"optimizer": "sgd", "schedule": "step", "decay_epochs": 2, "momentum": 0.5},
    {"optimizer": "sgd", "momentum": 0.0, "warm_up": 0.0},
    {"optimizer": "rmsprop", "schedule": "plateau", "decay_epochs": 1},
    {"focal_gamma": 2.0, "balance": "class_weights"},
]


@pytest.mark.parametrize("changes", OPTIMIZERS)
def test_steps_are_those_that_keras_takes(changes) -> None:
    keras = pytest.importorskip("keras")
    from classifier.engine.fit.keras_steps import KerasSteps

    config = replace(CONFIG, dropout=0.0, **changes)
    schedule = Schedule.of(config, 0.1, 6, 2)
    data = clouds(4, 16)
    # As if the last classes were rarer: with class weights they count for more.
    loss = Balance(config, data.labels[:42], 4).loss(config.label_smoothing)
    head = Head.untrained(WIDTH, 4, 0)
    vectors = keras.Input((WIDTH,))
    network = keras.Model(vectors, keras.layers.Dense(4)(vectors))
    network.set_weights(head.weights)
    ours = HeadSteps(head, schedule, loss, config)
    theirs = KerasSteps(network, schedule, loss, config, NOTHING)
    for step in range(1, 13):
        assert ours.learning_rate == pytest.approx(theirs.learning_rate, rel=1e-5, abs=1e-9)
        for steps in (ours, theirs):
            steps.train(data.inputs[None], data.labels[None], 1, step)
            if step == 7 and config.schedule == "plateau":
                steps.slow_down(config.decay_factor)
    for mine, other in zip(ours.weights(), theirs.weights(), strict=True):
        np.testing.assert_allclose(mine, other, atol=5e-5)
    totals, expected = ours.totals(), theirs.totals()
    assert totals.loss == pytest.approx(expected.loss, rel=1e-5)
    assert (totals.accuracy, totals.count) == (expected.accuracy, expected.count)
    # A network that is built again and put back where this one stands takes the same next step.
    again = KerasSteps(keras.models.clone_model(network), schedule, loss, config, NOTHING)
    again.restore(theirs.weights(), theirs.optimizer_state())
    for steps in (again, theirs):
        steps.train(data.inputs[None], data.labels[None], 2, 1)
    assert again.learning_rate == theirs.learning_rate
    for mine, other in zip(again.weights(), theirs.weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_a_plateau_without_validation_images_is_refused_before_it_begins() -> None:
    none = Arrays(np.empty((0, WIDTH), np.float32), np.empty(0, np.int64))
    config = replace(CONFIG, schedule="plateau")
    with pytest.raises(BadData, match="plateau watches the validation loss"):
        fit(clouds(2, 5), none, classes=2, config=config)

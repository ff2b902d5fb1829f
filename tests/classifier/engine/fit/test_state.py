"""Where a training stands: what its patience counts, and which images its best epoch knows."""

from classifier.engine.curves import EpochMetrics
from classifier.engine.fit.self_training import Chosen
from classifier.engine.fit.state import FitState


def row(epoch: int, val_loss: float | None) -> EpochMetrics:
    return EpochMetrics(
        epoch=epoch, loss=1.0, accuracy=0.5, val_loss=val_loss,
        val_accuracy=None if val_loss is None else 0.5, learning_rate=0.1, seconds=1.0,
        images_per_second=1.0,
    )  # fmt: skip


def after(state: FitState, *val_losses: float | None) -> list[int]:
    """Take an epoch for each loss; return how long the stage had waited after each."""
    waited = []
    for val_loss in val_losses:
        state.take(row(state.epoch + 1, val_loss), [])
        waited.append(state.waited)
    return waited


def test_patience_is_counted_in_each_stage_for_itself() -> None:
    state = FitState()
    state.enter("training")
    assert state.waited == 0
    assert after(state, 0.5, 0.2, 0.3, 0.2) == [0, 0, 1, 2]
    state.enter("self_training")
    assert state.waited == 0
    # All of them are worse than the first fit's best; each is better than the one before.
    assert after(state, 0.9, 0.8, 0.7, 0.6) == [0, 0, 0, 0]
    assert (state.best_epoch, state.stage_epochs) == (2, 4)
    assert after(state, 0.65, 0.1, 0.1) == [1, 0, 1]
    assert state.best_epoch == 10
    again = FitState.from_json(state.to_json(), [])
    assert (again, again.waited) == (state, 1)


def test_without_validation_images_every_epoch_is_the_best_so_far() -> None:
    state = FitState()
    state.enter("training")
    assert after(state, None, None, None) == [0, 0, 0]
    assert state.best_epoch == 3


def test_a_checkpoint_of_an_earlier_loupe_is_read() -> None:
    state = FitState()
    state.enter("training")
    after(state, 0.5, 0.6)
    assert FitState.from_json({**state.to_json(), "waited": 7}, []).waited == 1


def test_what_joined_counts_where_the_kept_epoch_learned_from_it() -> None:
    chosen = Chosen(places=[3], classes=[0], probabilities=[0.9])
    for second, tuned, kept in (
        (0.1, 0.05, True),
        (0.1, 0.8, True),  # fine-tuning was worse than the fit that they joined
        (0.7, 0.05, False),  # fine-tuning began with the fit without them, and was better
        (0.7, 0.8, False),
    ):
        state = FitState()
        state.enter("head")
        after(state, 0.4, 0.3)
        state.choose(chosen)
        assert state.kept_chosen is None
        state.enter("self_training")
        after(state, 0.9, second)
        assert (state.kept_chosen is chosen) == kept
        state.tune()
        state.enter("fine_tune")
        after(state, tuned)
        assert (state.kept_chosen is chosen) == kept, (second, tuned)
        assert (FitState.from_json(state.to_json(), []).kept_chosen == chosen) == kept
    state.chosen = Chosen()
    assert state.kept_chosen is None, "none was sure enough"

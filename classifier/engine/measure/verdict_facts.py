"""What a verdict is judged by: a confusion matrix, a training, or both."""

from dataclasses import dataclass, field

from classifier.engine.measure.confusion import ConfusionMatrix


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How the training went; shares are from 0 to 1, losses in nats.

    ``accuracy`` and ``val_accuracy`` are the best epoch's, ``validation_images`` what the latter
    was counted on. ``planned`` epochs are what the settings allow, ``epochs`` ran;
    ``stopped_early`` says that the patience was over in one of the stages.
    ``classic`` says that a method without epochs was fitted, ``head_alone`` that only a last layer
    was trained, which no further augmentation helps.
    ``first_loss`` and ``last_loss`` are of the train split, None where there were no epochs;
    ``rates`` names the learning rates of the stages that ran.
    ``last_val_losses`` are those of the last two epochs; ``train_counts`` images by class.
    """

    accuracy: float
    val_accuracy: float | None
    validation_images: int
    best_epoch: int
    epochs: int
    planned: int
    patience: int
    stopped_early: bool
    augmentation: str
    head_alone: bool = False
    classic: bool = False
    first_loss: float | None = None
    last_loss: float | None = None
    rates: str = ""
    last_val_losses: tuple[float, float] | None = None
    train_counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class VerdictFacts:
    """What the rules judge by: a report's matrix, the training, or both.

    Where there is no matrix, ``why_no_matrix`` says why.
    ``split`` is train, validation or test; ``own`` says that the model was trained on this very
    dataset version, so that only its test split is new to it; ``seen`` counts the images that were
    in its train or validation split all the same. ``from_elsewhere``: none of them is known to have
    been, but it, or what it was made of, was trained elsewhere; ``instant``: nor is any, but this,
    as a sentence begins, is an instant model or was made of one, which did not write down what
    taught it.
    """

    matrix: ConfusionMatrix | None = None
    why_no_matrix: str = "the version has no test split"
    split: str = "test"
    own: bool = True
    seen: int = 0
    from_elsewhere: bool = False
    instant: str = ""
    fit: Fit | None = None

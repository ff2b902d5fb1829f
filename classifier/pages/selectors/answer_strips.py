"""How answers on validation changed over epochs, as pictures of a run's page: strips and lines."""

from dataclasses import dataclass
from uuid import UUID

from classifier.models import TrainingRun
from classifier.models.epoch_answers import NO_EPOCH
from classifier.training.selectors.answers import (
    ClassAccuracy,
    WatchedImage,
    answered_epochs,
    class_accuracies,
    told_epoch,
    watched_images,
    why_not_measured,
)

# A strip shows as many epochs at most, the first, the last and the told one among them.
_SHOWN = 32
_STEP = 10
_HALF = 20


@dataclass(frozen=True)
class Moment:
    """Which epoch the figures are of, and whether it is the one that is kept."""

    epoch: int | None
    first: int | None
    last: int | None
    not_measured: str | None
    in_one_go: bool


@dataclass(frozen=True)
class Bar:
    """One epoch of a strip, in units of the picture: right answers stand up, wrong ones hang."""

    x: int
    y: int
    height: int
    right: bool
    title: str


@dataclass(frozen=True)
class Strip:
    """A watched image with the answer of the told epoch, and a bar for each shown epoch."""

    image_id: UUID
    name: str
    class_name: str
    answer: str
    probability: float
    right: bool
    bars: list[Bar]
    width: int
    label: str


@dataclass(frozen=True)
class ClassLine:
    """A class with its accuracy after the told epoch, and a line of it over epochs."""

    found: ClassAccuracy
    points: str
    label: str

    @property
    def percent(self) -> int:
        """The accuracy as the length of a bar."""
        return round(100 * (self.found.accuracy or 0))


def moment_of(run: TrainingRun) -> Moment:
    """Return which epoch's answers to show."""
    answered = answered_epochs(run)
    return Moment(
        epoch=told_epoch(run, answered),
        first=answered[0] if answered else None,
        last=answered[-1] if answered else None,
        not_measured=why_not_measured(run, answered),
        in_one_go=answered == [NO_EPOCH],
    )


def strips_of(run: TrainingRun, moment: Moment) -> list[Strip]:
    """Return the watched images in their order; none before there are answers."""
    if moment.epoch is None:
        return []
    epochs = shown_epochs(answered_epochs(run), moment.epoch)
    place = epochs.index(moment.epoch)
    return [_strip(each, epochs, place) for each in watched_images(run, epochs)]


def lines_of(run: TrainingRun, moment: Moment, search: str) -> list[ClassLine]:
    """Return the classes whose name holds ``search``, worst first, those without images last."""
    if moment.epoch is None:
        return []
    epochs = shown_epochs(answered_epochs(run), moment.epoch)
    found = class_accuracies(run, moment.epoch, epochs)
    wanted = [each for each in found if search.casefold() in each.class_name.casefold()]
    wanted.sort(key=lambda each: (each.accuracy is None, each.accuracy, each.class_name.casefold()))
    return [_line(each) for each in wanted]


def shown_epochs(epochs: list[int], told: int) -> list[int]:
    """Return at most 32 of the epochs, evenly, with the first, the last and the told one."""
    if len(epochs) <= _SHOWN:
        return epochs
    last = len(epochs) - 1
    places = {round(number * last / (_SHOWN - 2)) for number in range(_SHOWN - 1)}
    return [epochs[place] for place in sorted(places | {epochs.index(told)})]


def _strip(watched: WatchedImage, epochs: list[int], place: int) -> Strip:
    rights = [name == watched.class_name for name in watched.predicted]
    bars = []
    for number, (epoch, name, share, right) in enumerate(
        zip(epochs, watched.predicted, watched.probability, rights, strict=True)
    ):
        height = max(1, round(share * (_HALF - 1)))
        title = f"{'' if epoch == NO_EPOCH else f'Epoch {epoch}: '}{name}, {share * 100:.0f} %"
        y = _HALF - height if right else _HALF + 1
        bars.append(Bar(number * _STEP, y, height, right, title))
    return Strip(
        image_id=watched.image.pk,
        name=watched.name,
        class_name=watched.class_name,
        answer=watched.predicted[place],
        probability=watched.probability[place],
        right=rights[place],
        bars=bars,
        width=max(len(epochs), 8) * _STEP,
        label=f"Right after {sum(rights)} of {len(rights)} shown epochs",
    )


def _line(found: ClassAccuracy) -> ClassLine:
    shares = [share for share in found.history if share is not None]
    wide = max(1, len(shares) - 1)
    # One epoch is a level line.
    points: list[tuple[float, float]] = [(100 * n / wide, share) for n, share in enumerate(shares)]
    if len(points) == 1:
        points.append((100, shares[0]))
    return ClassLine(
        found=found,
        points=" ".join(f"{x:.1f},{22 - 20 * share:.1f}" for x, share in points),
        label=f"From {shares[0] * 100:.0f} % to {shares[-1] * 100:.0f} %" if shares else "",
    )

"""Reading the history of a model's aliases: all of it, at a time, and what was live before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from classifier.models import AliasChange, ChangeKind, ModelVersion, RegisteredModel
from classifier.models.alias import CHAMPION

_ARCHIVING = (ChangeKind.ARCHIVED, ChangeKind.TAKEN_BACK)


def history_of(model: RegisteredModel) -> QuerySet[AliasChange]:
    """Return what was live when, newest first."""
    return AliasChange.objects.filter(model=model).select_related("created_by").order_by("-number")


@dataclass(frozen=True)
class Moment:
    """What a model answered with at a time.

    `pointers` are the changes since which each alias pointed where it did, the champion's first;
    `archived_by` is the change since which the model was out of service, None where it was not.
    `first` is the first change of all.
    """

    at: datetime
    pointers: list[AliasChange]
    archived_by: AliasChange | None
    first: AliasChange | None

    @property
    def live(self) -> AliasChange | None:
        """The change that made live what was live; None where nothing was."""
        found = next((each for each in self.pointers if each.alias == CHAMPION), None)
        return found if self.archived_by is None else None

    @property
    def sentence(self) -> str:
        """What was live, in words, with times in UTC."""
        if self.archived_by is not None:
            since = _written(self.archived_by.created_at)
            return f"The model was archived, since {since}: it answered nothing."
        if self.live is not None:
            since = _written(self.live.created_at)
            return f"Version {self.live.version_number} was live, since {since}."
        if self.first is None:
            return "Nothing was live: the model's history has no entry yet."
        if self.first.created_at > self.at:
            began = _written(self.first.created_at)
            return f"Nothing was live: the model's history begins at {began}."
        return "No version was live."


def pointers_of(model: RegisteredModel) -> list[AliasChange]:
    """Return since which change each alias points where it does now, the champion's first.

    Told by the changes' order: another computer's clock may be ahead.
    """
    newest = history_of(model).order_by("alias", "-number").distinct("alias")
    return _pointing(newest)


def _pointing(changes: Iterable[AliasChange]) -> list[AliasChange]:
    pointing = [each for each in changes if each.version_number is not None]
    return sorted(pointing, key=lambda each: (each.alias != CHAMPION, each.alias))


def moment_of(model: RegisteredModel, at: datetime) -> Moment:
    """Return what was live under which alias at a time that has come."""
    changes = history_of(model)
    newest = changes.filter(created_at__lte=at).order_by("alias", "-number").distinct("alias")
    found = list(newest)
    archiving = next((each for each in found if each.kind in _ARCHIVING), None)
    return Moment(
        at=at,
        pointers=_pointing(found),
        archived_by=archiving if archiving and archiving.kind == ChangeKind.ARCHIVED else None,
        first=changes.last(),
    )


def version_before(model: RegisteredModel) -> ModelVersion | None:
    """Return the version that a rollback makes live again; None where there is none.

    Each rollback undoes a promotion, so a second one goes further back and not forth again.
    Versions that were deleted since are passed over.
    """
    changes = AliasChange.objects.filter(model=model, alias=CHAMPION).order_by("number")
    before = live_before(changes.values_list("kind", "version_number"))
    there = ModelVersion.objects.select_related("model", "dataset_version__dataset").filter(
        model=model, number__in=before
    )
    by_number = {version.number: version for version in there}
    return next((by_number[number] for number in before if number in by_number), None)


def live_before(changes: Iterable[tuple[str, int | None]]) -> list[int]:
    """Return the numbers of what was live before, that of the last promotion not undone first.

    `changes` are (kind, version number) of the champion, the oldest first.
    """
    stack: list[int] = []
    for kind, number in changes:
        if number is None:
            continue
        if kind == ChangeKind.ROLLED_BACK and number in stack[:-1]:
            # The last place of it: what was promoted since is undone.
            del stack[len(stack) - 1 - stack[:-1][::-1].index(number) :]
            continue
        stack.append(number)
    live = stack[-1] if stack else None
    return [number for number in reversed(stack[:-1]) if number != live]


def _written(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"

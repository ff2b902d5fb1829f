"""The page on which a person says which classes of a model are those of a dataset version."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from classifier.engine.backbones.imagenet_names import groups
from classifier.engine.measure.class_suggestions import Suggestion, Suggestions, search
from classifier.models import ModelVersion
from common.errors import Invalid
from datasets.models import DatasetVersion, Split


@dataclass(frozen=True)
class Choice:
    """One or several classes of the model to take together; `why` they are offered."""

    names: tuple[str, ...]
    why: str
    taken: bool

    @property
    def title(self) -> str:
        """What stands beside the box."""
        if len(self.names) == 1:
            return self.names[0]
        return f"{len(self.names):,} classes, from {self.names[0]} to {self.names[-1]}"

    @property
    def value(self) -> str:
        """What the form sends for it: no class's name has a line break."""
        return "\n".join(self.names)


@dataclass(frozen=True)
class MappedClass:
    """One class of the dataset version with what it may be; `asked` was searched for it.

    `error` is about it.
    """

    number: int
    name: str
    images: int
    choices: list[Choice]
    has_none: bool = False
    asked: str = ""
    found_nothing: bool = False
    error: str = ""

    @property
    def taken(self) -> list[str]:
        """The model's classes that it is taken for."""
        return [name for choice in self.choices if choice.taken for name in choice.names]


@dataclass(frozen=True)
class MappingForm:
    """All classes, each with what it may be."""

    rows: list[MappedClass]
    known: list[str]
    other_classes: str = "wrong"
    offers: bool = field(default=False)

    @property
    def mapping(self) -> dict[str, list[str]]:
        """What the form says."""
        return {row.name: row.taken for row in self.rows}

    @property
    def complete(self) -> bool:
        """Whether it says of every class what it is."""
        return not any(row.error for row in self.rows)

    @property
    def searched(self) -> bool:
        """Whether a search was sent with it, whose results no person has seen yet."""
        return any(row.asked for row in self.rows)


def empty_mapping(
    model_version: ModelVersion, dataset_version: DatasetVersion, split: Split, take: bool
) -> MappingForm:
    """Return the form before anything is said.

    Classes of the very same name are taken where the model is the organization's own; with `take`
    what is suggested first of each other. The ready-made model's words mean what they mean to it.
    """
    known = list(model_version.class_names)
    suggestions, own_words = Suggestions(known, groups()), not model_version.model.built_in
    names = set(known) if own_words else set()
    rows, offers = [], False
    for number, name in enumerate(dataset_version.class_names):
        offered = suggestions.of(name)
        first = offered[:1] if offered and offered[0].why != "has the word" else []
        own = name in names
        taken = {name} if own else set(first[0].names) if take and first else set()
        offers |= bool(first) and not own and not take
        choices = [_choice(each, taken) for each in offered]
        rows.append(MappedClass(number, name, _images(dataset_version, split, name), choices))
    return MappingForm(rows, known, offers=offers)


def sent_mapping(
    model_version: ModelVersion, dataset_version: DatasetVersion, split: Split, sent: QueryDict
) -> MappingForm:
    """Return the form as a person has sent it, with what was searched for added to the choices."""
    known = list(model_version.class_names)
    suggestions, names = Suggestions(known, groups()), set(known)
    others = sent.get("other_classes", "wrong")
    if others not in ("wrong", "left_out"):
        raise Invalid(f"other_classes must be wrong or left_out; received {others!r}.")
    rows = []
    for number, name in enumerate(dataset_version.class_names):
        values = sent.getlist(f"taken-{number}")
        taken = [each for value in values for each in value.splitlines()]
        if odd := [each for each in taken if each not in names]:
            raise Invalid(f"The model has no class “{odd[0]}”.")
        asked = sent.get(f"find-{number}", "").strip()
        found = search(asked, known)
        same = [each for each in found if each.casefold() == asked.casefold()]
        taken += [each for each in same if each not in taken]
        none = f"none-{number}" in sent
        rows.append(
            MappedClass(
                number,
                name,
                _images(dataset_version, split, name),
                _choices(suggestions.of(name), taken, [] if same else found),
                has_none=none,
                asked=asked,
                found_nothing=bool(asked) and not found,
                error=_error(taken, none),
            )
        )
    return MappingForm(rows, known, others)


def _error(taken: Sequence[str], none: bool) -> str:
    if taken and none:
        return "Either it is one of these classes, or the model has none for it."
    return "" if taken or none else "Choose a class, or say that the model has none."


def _choices(
    suggested: Sequence[Suggestion], taken: Sequence[str], found: Sequence[str]
) -> list[Choice]:
    offered = [_choice(each, set(taken)) for each in suggested]
    shown = {each for choice in offered for each in choice.names if choice.taken} | {
        choice.names[0] for choice in offered if len(choice.names) == 1
    }
    offered += [Choice((each,), "chosen", True) for each in taken if each not in shown]
    shown |= set(taken)
    return offered + [Choice((each,), "found", False) for each in found if each not in shown]


def _choice(offered: Suggestion, taken: set[str]) -> Choice:
    return Choice(offered.names, offered.why, set(offered.names) <= taken)


def _images(version: DatasetVersion, split: Split, name: str) -> int:
    count: int = version.sample_counts.get(split.label, {}).get(name, 0)
    return count

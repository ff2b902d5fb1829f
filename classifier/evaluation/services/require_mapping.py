"""Whether each class of a dataset version is a class of the model, by its name or as mapped."""

from collections import Counter
from collections.abc import Mapping, Sequence

from classifier.evaluation.errors import CannotEvaluate
from common.sentences import listed


def require_mapping(
    asked: Sequence[str], known: Sequence[str], class_mapping: Mapping[str, Sequence[str]]
) -> None:
    """Raise `CannotEvaluate` unless every class `asked` about is `known`, by name or as mapped.

    A class that is mapped to nothing is one that the model has none for; not all of them may be.
    The error names the classes that are missing on either side, and those that differ by case
    alone: which one is meant is for a person to say.
    """
    odd = sorted(set(class_mapping) - set(asked))
    if odd:
        raise CannotEvaluate(
            "class_mapping must map classes of the dataset version, which are "
            f"{_listed(asked)}; received {_listed(odd)}."
        )
    taken = {name: list(class_mapping.get(name, [name])) for name in asked}
    wanted = Counter(other for classes in taken.values() for other in classes)
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise CannotEvaluate(_unknown(unknown, sorted(set(known) - set(wanted))))
    twice = sorted(name for name, count in wanted.items() if count > 1)
    if twice:
        raise CannotEvaluate(
            "A class of the model can be taken for one class of the version only, and once; "
            f"received {_listed(twice)} more than once."
        )
    if not wanted:
        raise CannotEvaluate("At least one class of the dataset version must be one of the model.")


def _unknown(unknown: Sequence[str], extra: Sequence[str]) -> str:
    parts = [
        "Every class of the dataset version must be one that the model knows; it does not know "
        f"{_listed(unknown)}."
    ]
    if extra:
        parts.append(f"It knows {_listed(extra)}, which the version has not.")
    by_case = {name.casefold(): name for name in extra}
    alike = [
        f"{name!r} for {by_case[name.casefold()]!r}"
        for name in unknown
        if name.casefold() in by_case
    ]
    if alike:
        parts.append(f"They differ by case alone: {listed(alike)}.")
    parts.append(
        "Say in class_mapping which classes of the model each is ([] where it has none), or rename "
        "the classes."
    )
    return " ".join(parts)


def _listed(names: Sequence[str]) -> str:
    return listed(list(map(repr, names)))

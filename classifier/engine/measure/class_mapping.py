"""Which classes of a model each class of a dataset is, and what its answers become by that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.floating[Any]]
# What an answer counts as that stands for no class of the dataset.
OtherClasses = Literal["wrong", "left_out"]


@dataclass(frozen=True)
class ClassMapping:
    """A model's answers as answers of a dataset's classes.

    ``names`` are the classes of the mapped answers; ``places`` has for each class of the dataset
    its index in them, ``columns`` for each class of the model, −1 for one that is left out.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    columns: tuple[int, ...]

    @property
    def renames_alone(self) -> bool:
        """Whether every class of the model is one of the mapped classes, and they no others."""
        return sorted(self.columns) == list(range(len(self.names)))

    def applied(self, probabilities: Scores) -> Scores:
        """Return (n, names) of a model's answers (n, classes): sums over what is one class.

        Where classes are left out, the rest is divided by its sum: the probability of each class
        given that it is one of these.
        """
        if self.columns == tuple(range(len(self.names))):
            return probabilities
        columns = np.array(self.columns)
        scores = np.zeros((len(probabilities), len(self.names)))
        for column, taken in enumerate(np.asarray(probabilities, np.float64).T):
            if columns[column] >= 0:
                scores[:, columns[column]] += taken
        if (columns < 0).any():
            known = np.unique(columns[columns >= 0])
            # Where nothing is left of an answer, it says nothing of these classes.
            scores[scores.sum(axis=1) == 0, known[:, None]] = 1 / len(known)
            scores /= scores.sum(axis=1, keepdims=True)
        return scores


def class_mapping(
    asked: Sequence[str],
    known: Sequence[str],
    given: Mapping[str, Sequence[str]],
    other_classes: OtherClasses = "wrong",
) -> ClassMapping:
    """Return how answers of the classes ``known`` become answers of a dataset's, ``asked``.

    ``given`` has, by a class of the dataset, those of the model that it is; one that is not there
    is the class of its own name. Of other classes the answers are ``wrong``: they keep a column;
    or they are ``left_out``, and the model chooses among the dataset's classes alone. A class of
    the model may be one class of the dataset only. Raises ValueError for a class without either.
    """
    missing = [name for name in asked if name not in given and name not in known]
    if missing:
        raise ValueError(f"The model has no class {missing[0]!r}, and none is given for it.")
    taken = {name: list(given.get(name, [name])) for name in asked}
    owner = {model_class: name for name, classes in taken.items() for model_class in classes}
    names = list(asked) if other_classes == "left_out" else []
    columns = []
    for name in known:
        if name in owner:
            if owner[name] not in names:
                names.append(owner[name])
            columns.append(names.index(owner[name]))
        elif other_classes == "left_out":
            columns.append(-1)
        else:
            # Another class of the model may be called like one of ours.
            free = name
            while free in taken or (free != name and free in known):
                free += " (another)"
            names.append(free)
            columns.append(len(names) - 1)
    names += [name for name in asked if name not in names]
    places = tuple(names.index(name) for name in asked)
    return ClassMapping(tuple(names), places, tuple(columns))

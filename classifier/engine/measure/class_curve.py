"""One class's curves against the rest, as they are stored; no scikit-learn."""

from dataclasses import dataclass
from typing import ClassVar

from classifier.engine.versioned import Versioned


@dataclass(frozen=True, kw_only=True)
class ClassCurve(Versioned):
    """Points of one class's curves, from the highest threshold down; each list has one a point.

    At a point every image counts as of the class whose probability for it is at least the
    ``threshold``. ``count`` says how many images that are, ``recall`` is also the share of true
    positives of the ROC curve. About a hundred of all points are kept, the first and the last among
    them; figures have six digits.
    """

    SCHEMA: ClassVar[int] = 1

    threshold: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    false_positive_rate: tuple[float, ...]
    count: tuple[int, ...]

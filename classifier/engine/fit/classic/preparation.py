"""What is done to numbers before a method sees them, learned from the train split."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine.fit.classic.matrices import Matrix, converted, rows_of
from classifier.engine.formats.classic.builder import GraphBuilder
from classifier.engine.formats.classic.heads import add_projected, add_standardised
from classifier.engine.presets.classic import ClassicConfig

Step = tuple[str, Any]
STANDARDISE, COMPONENTS = "standardise", "principal_components"


@dataclass
class Preparation:
    """scikit-learn's transformers in their order, fitted, and what they made of the train split.

    ``deviations`` (width,) are those of the numbers before principal components.
    """

    steps: list[Step]
    train: Matrix
    deviations: Any = field(default=None)

    def apply(self, rows: Any) -> Matrix:
        """Return prepared numbers (n, k) of raw ones (n, width)."""
        for _, step in self.steps:
            rows = np.asarray(step.transform(np.asarray(rows, np.float32)), np.float32)
        return np.asarray(rows, np.float32)

    def add(self, graph: GraphBuilder, values: str) -> str:
        """Add the same as operators."""
        for name, step in self.steps:
            if name == STANDARDISE:
                values = add_standardised(graph, values, step.mean_, step.scale_)
            else:
                values = add_projected(graph, values, step.mean_, step.components_)
        return values


def components_of(config: ClassicConfig, count: int, width: int) -> int:
    """Return how many principal components there will be; 0 for none."""
    return min(config.principal_components, count, width)


def prepare(
    raw: Matrix, config: ClassicConfig, folder: Path, say: Callable[[str], None]
) -> Preparation:
    """Fit what the settings ask for on the raw numbers (n, width) of the train split.

    ``say`` is told what begins. Matrices are written into ``folder``.
    """
    from sklearn.decomposition import IncrementalPCA
    from sklearn.preprocessing import StandardScaler

    prepared = Preparation([], raw)
    if config.standardise:
        say("Standardising")
        scaler = StandardScaler()
        for rows in rows_of(raw):
            scaler.partial_fit(np.asarray(rows))
        prepared.steps.append((STANDARDISE, scaler))
        prepared.train = converted(raw, scaler.transform, folder / "standardised.npy")
    prepared.deviations = _deviations(prepared.train)
    count = components_of(config, *raw.shape)
    if count:
        say(f"Finding {count} principal components")
        found = IncrementalPCA(n_components=count, batch_size=max(2 * count, 512))
        found.fit(prepared.train)
        prepared.steps.append((COMPONENTS, found))
        prepared.train = converted(prepared.train, found.transform, folder / "components.npy")
    return prepared


def _deviations(matrix: Matrix) -> Any:
    """Return the standard deviations (k,) of the first rows: enough to compare numbers by."""
    return np.std(np.asarray(matrix[:2000], np.float64), axis=0)

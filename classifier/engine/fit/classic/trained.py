"""A fitted classic method and its files: to serve, to go on with, and as a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np
import numpy.typing as npt
import skops.io
from sklearn.pipeline import Pipeline

from classifier.engine.backbones.opened import OpenBackbone
from classifier.engine.errors import BadData, ExportFailed
from classifier.engine.files import facts_of, written_whole
from classifier.engine.fit.classic.allowed_types import ALLOWED
from classifier.engine.fit.classic.preparation import COMPONENTS, STANDARDISE, Preparation
from classifier.engine.fit.script.refusal import refusal_of_weights
from classifier.engine.fit.trained import Written
from classifier.engine.formats.classic.builder import GraphBuilder
from classifier.engine.formats.classic.heads import add_all_classes
from classifier.engine.formats.classic.model_file import (
    backbone_model,
    feature_model,
    write_classic,
)
from classifier.engine.formats.classic.script import script_of
from classifier.engine.formats.facts import (
    ONNX_FILE,
    SCRIPT_FILE,
    SKOPS_FILE,
    TOLERANCE,
    ModelFacts,
)
from classifier.engine.outcome import Parity
from classifier.engine.presets.classic import ClassicConfig, ClassicPreset
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import Pixels

Floats = npt.NDArray[np.float32]
# A model is one of several in the memory of a server's process.
MOST_BYTES = 64 << 20


@dataclass
class TrainedClassic:
    """A fitted method; it knows the classes that the train split has."""

    preset: ClassicPreset
    config: ClassicConfig
    prepared: Preparation
    fitted: Any
    backbone: OpenBackbone | None
    class_names: list[str]

    def predict(self, numbers: Any) -> Floats:
        """Return probabilities (n, classes) of an image's numbers (n, width)."""
        found = np.zeros((len(numbers), len(self.class_names)), np.float32)
        found[:, self.fitted.classes_] = self.fitted.predict_proba(self.prepared.apply(numbers))
        return found

    def write(self, facts: ModelFacts, folder: Path, images: Sequence[Pixels]) -> Written:
        """Write ``model.onnx``, ``model.skops`` and the script; see ``trained.Trained``.

        There is no script where images were weighed by subgroup.

        Raises BadData for a model that is too large to be served.
        """
        folder.mkdir(parents=True, exist_ok=True)
        below = (
            feature_model(self.config.plan)
            if self.backbone is None
            else backbone_model(self.backbone.onnx)
        )
        size = write_classic(below, self._add_head, facts, folder / ONNX_FILE)
        if size > MOST_BYTES:
            raise BadData(
                f"The model takes {size / 1e6:,.0f} MB; {MOST_BYTES / 1e6:,.0f} MB can be served.",
                "Choose fewer trees, leaves or images, or principal components.",
            )
        parity = self._check(folder / ONNX_FILE, images)
        self._write_skops(folder / SKOPS_FILE)
        names = [ONNX_FILE, SKOPS_FILE]
        if not refusal_of_weights(self.config):
            with written_whole(folder / SCRIPT_FILE) as part:
                part.write_text(self._script(facts), "utf-8")
            names.append(SCRIPT_FILE)
        return Written({name: facts_of(folder / name) for name in names}, parity, self._count())

    def _script(self, facts: ModelFacts) -> str:
        steps = dict(self.prepared.steps)
        components = steps.get(COMPONENTS)
        folds = int(getattr(self.fitted, "cv", None) or 0)
        return script_of(
            self.preset.estimator(self.config, folds),
            self.config.plan,
            standardise=STANDARDISE in steps,
            components=0 if components is None else components.n_components_,
            facts=facts,
        )

    def _add_head(self, graph: GraphBuilder, values: str) -> str:
        prepared = self.prepared.add(graph, values)
        answers = self.preset.add_answers(graph, self.fitted, prepared)
        return add_all_classes(graph, answers, self.fitted.classes_, len(self.class_names))

    def _count(self) -> int:
        """Return how many numbers the method itself holds."""
        graph = GraphBuilder("count")
        self._add_head(graph, "numbers")
        constants = sum(int(np.prod(each.dims)) for each in graph.constants)
        listed = sum(len(each.floats) for node in graph.nodes for each in node.attribute)
        return constants + listed

    def _check(self, path: Path, images: Sequence[Pixels]) -> Parity:
        received, numbers = Predictor.load(path).predict_with_vectors(np.stack(images))
        certain = self.preset.is_certain(self.fitted, self.prepared.apply(numbers))
        apart = np.abs(self.predict(numbers) - received)[np.asarray(certain)]
        difference = float(apart.max(initial=0.0))
        if not difference <= TOLERANCE:
            raise ExportFailed(
                f"The ONNX file's answers may differ from scikit-learn's by up to {TOLERANCE:g}; "
                f"they differ by {difference:g}."
            )
        return {
            "max_abs_difference": difference,
            "tolerance": TOLERANCE,
            "images": len(apart),
        }

    def _write_skops(self, path: Path) -> None:
        """Write the pipeline of preparation and method, and read it by the list of its types."""
        pipeline = Pipeline([*self.prepared.steps, ("method", self.fitted)])
        with written_whole(path) as part:
            skops.io.dump(pipeline, part, compression=ZIP_DEFLATED)
            skops.io.load(part, trusted=ALLOWED)

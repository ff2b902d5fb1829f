"""``distilled``: the first blocks of EfficientNet-Lite0, taught by a model that is there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier.engine.backbones.efficientnet_lite0.backbone import EFFICIENTNET_LITE0, arrays_of
from classifier.engine.backbones.efficientnet_lite0.students import CUTS, bytes_of
from classifier.engine.presets.distilled import Candidate, DistilledConfig, DistilledPreset


class Distilled(DistilledPreset):
    """EfficientNet-Lite0 cut after a block, which learns from a teacher's answers."""

    name = "distilled"
    title = "Student of a model, for small devices"
    description = (
        "A small network learns the answers of one of your models, on all images of the dataset, "
        "labelled or not. You say how large its file may be and how long one image may take; the "
        "largest network that keeps to both is trained."
    )
    source = f"First blocks of EfficientNet-Lite0: {EFFICIENTNET_LITE0.source}"
    weights = EFFICIENTNET_LITE0.weights
    limits = {"image_size": (32, 448)}
    defaults = DistilledConfig(
        epochs=30,
        batch_size=32,
        learning_rate=0.001,
        image_size=160,
        augmentation="mirror",
        dropout=0.1,
        weight_decay=0.01,
        label_smoothing=0.0,
        early_stopping_patience=10,
        seed=0,
        deterministic=True,
    )

    @property
    def facts(self) -> dict[str, int | str]:
        """What is known of the network before it is trained."""
        return {"weights_file": self.weights.name, "licence": EFFICIENTNET_LITE0.licence}

    def candidates(self, class_names: Sequence[str]) -> list[Candidate]:
        """Return a network for each block that it may end after."""
        return [Candidate(blocks, bytes_of(blocks, class_names)) for blocks in CUTS]

    def untrained(
        self, candidate: Candidate, image_size: int, classes: int, weights: Path
    ) -> bytes:
        """Return the graph, written directly: within a second."""
        from classifier.engine.backbones.efficientnet_lite0.onnx_graph import student_model

        names = [str(index) for index in range(classes)]
        graph = student_model(image_size, arrays_of(weights), candidate.blocks, names)
        content: bytes = graph.SerializeToString(deterministic=True)
        return content

    def network(self, candidate: Candidate, image_size: int, weights: Path) -> Any:
        """Return the first blocks with their ImageNet weights."""
        from classifier.engine.backbones.efficientnet_lite0.network import student_network

        return student_network(image_size, arrays_of(weights), candidate.blocks)


PRESET = Distilled()

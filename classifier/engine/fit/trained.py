"""What a recipe leaves: a network at its best epoch that can be written as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from classifier.engine.files import facts_of
from classifier.engine.fit.head import Head
from classifier.engine.formats.compose import check_composed, write_composed
from classifier.engine.formats.facts import ONNX_FILE, ModelFacts
from classifier.engine.outcome import FileFacts, Parity
from classifier.engine.samples import Pixels


class Written(NamedTuple):
    """A model's files by name, how they were checked, and how many weights they hold."""

    files: dict[str, FileFacts]
    parity: Parity
    parameters: int


class Trained(Protocol):
    """A trained network."""

    def write(self, facts: ModelFacts, folder: Path, images: Sequence[Pixels]) -> Written:
        """Write the model's files into ``folder``, checked on some real ``images``.

        Raises ExportFailed where a file does not answer as the network does.
        """


@dataclass
class TrainedHead:
    """A head, and the ONNX file of the frozen backbone under it."""

    backbone: Path
    head: Head

    def write(self, facts: ModelFacts, folder: Path, images: Sequence[Pixels]) -> Written:
        """Write ``model.onnx``, backbone and head, without TensorFlow; see ``Trained``."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / ONNX_FILE
        kernel, bias = self.head.kernel, self.head.bias
        parameters = write_composed(self.backbone, kernel, bias, facts, path)
        parity = check_composed(path, self.head.predict, images)
        return Written({ONNX_FILE: facts_of(path)}, parity, parameters)

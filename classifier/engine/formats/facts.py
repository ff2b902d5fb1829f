"""What a model file says about itself, and the names of the files."""

import json
from dataclasses import asdict, dataclass

from common.fit import Fit, stored_fit

KERAS_FILE = "model.keras"
ONNX_FILE = "model.onnx"
# Of classic methods: scikit-learn's pipeline.
SKOPS_FILE = "model.skops"
# The training as a program of its own.
SCRIPT_FILE = "training_script.py"
# Which unlabelled images joined the training, with the class each was given.
TAKEN_FILE = "self_training.csv"
# Where the facts stand: an entry of the Keras archive, a key of the ONNX file's metadata.
METADATA_ENTRY = "loupe.json"
ONNX_METADATA = "loupe"

# float32 sums in another order differ by 1e-6 or so; 1e-4 would be another network.
TOLERANCE = 1e-4


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What a model file must say about itself so that it cannot be fed or read wrongly.

    ``image_size`` is the side of the squares that go in, ``fit`` how other images become such.
    """

    class_names: tuple[str, ...]
    image_size: int
    fit: Fit
    preset: str

    def to_json(self) -> str:
        """Return the text that both files carry."""
        return json.dumps({"format": 1, **asdict(self)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "ModelFacts":
        """Return what ``to_json`` wrote."""
        values = json.loads(text)
        return cls(
            class_names=tuple(values["class_names"]),
            image_size=values["image_size"],
            fit=stored_fit(values),
            preset=values["preset"],
        )

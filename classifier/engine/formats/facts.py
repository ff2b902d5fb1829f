"""What a model file says about itself, and the names of the files."""

import json
from dataclasses import asdict, dataclass

from classifier.engine.runtime.views import View, Views
from common.fit import Fit, stored_fit

KERAS_FILE = "model.keras"
ONNX_FILE = "model.onnx"
# Of classic methods: scikit-learn's pipeline.
SKOPS_FILE = "model.skops"
# The training as a program of its own.
SCRIPT_FILE = "training_script.py"
# Which unlabelled images joined the training, with the class each was given.
TAKEN_FILE = "self_training.csv"
# Which unlabelled images joined the training of a student's teacher, or of that one's teacher.
TAUGHT_FILE = "teacher_images.csv"
# The file that a foreign model came in, as it came; nothing in Loupe opens it.
FOREIGN_FILE = "imported.keras"
# What stands in a preset's place for a model that Loupe did not train.
IMPORTED = "imported"
# Where the facts stand: an entry of the Keras archive, a key of the ONNX file's metadata.
METADATA_ENTRY = "loupe.json"
ONNX_METADATA = "loupe"

# float32 sums in another order differ by 1e-6 or so; 1e-4 would be another network.
TOLERANCE = 1e-4


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What a model file must say about itself so that it cannot be fed or read wrongly.

    ``image_size`` is the side of the squares that go in, ``fit`` how other images become such;
    ``more_views`` are further squares of each image, where the file has an input for each.
    """

    class_names: tuple[str, ...]
    image_size: int
    fit: Fit
    preset: str
    more_views: Views = ()

    @property
    def views(self) -> Views:
        """All squares that go in."""
        return (View(self.image_size, self.fit), *self.more_views)

    def to_json(self) -> str:
        """Return the text that both files carry."""
        values = asdict(self)
        if not values.pop("more_views"):
            return json.dumps({"format": 1, **values}, ensure_ascii=False)
        views = [{"image_size": view.size, "fit": view.fit} for view in self.views]
        return json.dumps({"format": 1, **values, "views": views}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "ModelFacts":
        """Return what ``to_json`` wrote."""
        values = json.loads(text)
        return cls(
            class_names=tuple(values["class_names"]),
            image_size=values["image_size"],
            fit=stored_fit(values),
            preset=values["preset"],
            more_views=tuple(
                View(each["image_size"], stored_fit(each)) for each in values.get("views", [])[1:]
            ),
        )

"""A Keras network as TensorFlow's SavedModel. For workers alone."""

import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from classifier.engine.files import written_whole
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.formats.said import IMAGE, PROBABILITIES, entries

# Where a SavedModel keeps what is its user's own.
_EXTRA = "assets.extra"


def write_saved_model(model: keras.Model, facts: ModelFacts, path: Path) -> None:
    """Write the model as a zip of a SavedModel, with the facts in ``assets.extra``.

    Its signature ``serving_default`` takes ``image`` (n, size, size, 3) uint8 and gives
    ``probabilities`` (n, classes).
    """
    with (
        tempfile.TemporaryDirectory(dir=path.parent) as name,
        written_whole(path) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        folder = Path(name)
        save_network(model, facts.image_size, folder)
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            archive.write(file, file.relative_to(folder))
        for entry, text in entries(facts).items():
            archive.writestr(f"{_EXTRA}/{entry}", text)


def save_network(
    model: keras.Model, image_size: int, folder: Path, *, batch: int | None = None
) -> None:
    """Save the network into ``folder``; ``batch`` fixes how many images go in at a time."""

    def serve(image: Any) -> dict[str, Any]:
        return {PROBABILITIES: model(image, training=False)}

    # Not tracked: what the endpoint uses is written anyhow, and `track` would write it once more.
    archive = keras.export.ExportArchive()
    shape = (batch, image_size, image_size, 3)
    signature = [tf.TensorSpec(shape, tf.uint8, name=IMAGE)]
    archive.add_endpoint("serve", serve, input_signature=signature)
    archive.write_out(str(folder), verbose=False)

"""Weights for networks of keras.applications where Keras's own files are not at hand."""

import hashlib
from pathlib import Path

from classifier.engine.backbones.keras_application import KerasApplication


def random_weights(preset, folder: Path, write_weights) -> None:
    """Put random weights in the place of Keras's file, and their hash beside them."""
    import keras

    facts = preset.backbone
    if not isinstance(facts, KerasApplication):
        return
    keras.utils.set_random_seed(0)
    path = folder / facts.weights.name
    write_weights(getattr(keras.applications, facts.application)(
        include_top=False, weights=None), path)  # fmt: skip
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")

"""Weights for networks of keras.applications where Keras's own files are not at hand."""

import hashlib
from inspect import signature
from pathlib import Path

from classifier.engine.backbones.keras_application import KerasApplication


def random_weights(preset, folder: Path, write_weights) -> None:
    """Put random weights in the place of Keras's file, and their hash beside them.

    MobileNets' normalizations know what comes to them; else all images have one answer.
    """
    import keras

    facts = preset.backbone
    if not isinstance(facts, KerasApplication):
        return
    keras.utils.set_random_seed(0)
    path = folder / facts.weights.name
    build = getattr(keras.applications, facts.application)
    settings = {"include_top": False, "weights": None, "include_preprocessing": False}
    network = build(
        **{name: settings[name] for name in settings.keys() & signature(build).parameters.keys()}
    )
    if facts.name.startswith("mobilenet"):
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = 0.0
        network(keras.random.uniform((8, 96, 96, 3), -1, 1, seed=0), training=True)
    write_weights(network, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")

"""The Keras network of a model that was trained. For a worker's own process alone."""

from pathlib import Path

import keras

from classifier.engine import target
from classifier.engine.errors import BadModelFile
from classifier.engine.files import sha256_of
from classifier.engine.fit.trained_network import seed_keras
from classifier.engine.formats.compose import read_head
from classifier.engine.presets import layers
from classifier.engine.presets.transfer import TransferConfig, TransferPreset
from classifier.engine.runtime.predictor import read_verified


def stored_network(path: Path, sha256: str) -> keras.Model:
    """Return the network of a ``model.keras`` that training wrote: pixels → probabilities.

    Raises BadModelFile where the file is missing, or has not this hash.
    """
    if not path.is_file() or sha256_of(path) != sha256:
        raise BadModelFile(
            f"{path.name} is not the file that was registered.", "Restore it from a backup."
        )
    return keras.saving.load_model(path, compile=False)


def network_of_head(
    served: Path,
    sha256: str,
    preset: TransferPreset,
    config: TransferConfig,
    weights_dir: Path | None,
) -> keras.Model:
    """Return the network of a head that was fitted without Keras: pixels → probabilities.

    ``served`` is its ``model.onnx``, ``config`` the settings that it was fitted with.
    Raises WeightsUnavailable, BadModelFile where the served file has not this ``sha256``.
    """
    read_verified(served, sha256)
    kernel, bias = read_head(served)
    weights = preset.backbone.weights.found(weights_dir)
    seed_keras(config)
    backbone = preset.backbone.network(config.image_size, weights)
    head = layers.head_network(backbone, config, kernel.shape[1])
    head.set_weights([kernel, bias])
    return target.with_answers(layers.joined_network(backbone, head, preset.name))

"""``model.keras`` of a head that was fitted without Keras. For a worker's own process alone."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from classifier.engine import target
from classifier.engine.errors import ExportFailed
from classifier.engine.files import facts_of
from classifier.engine.fit.trained_network import seed_keras
from classifier.engine.formats.compose import HEAD_TOLERANCE, read_head
from classifier.engine.formats.export import write_keras
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.outcome import FileFacts, Parity
from classifier.engine.presets import layers
from classifier.engine.presets.transfer import TransferConfig, TransferPreset
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.samples import Pixels


def write_keras_of_head(
    served: Path,
    sha256: str,
    preset: TransferPreset,
    config: TransferConfig,
    weights_dir: Path | None,
    images: Sequence[Pixels],
    path: Path,
) -> tuple[FileFacts, Parity]:
    """Write the Keras file of a served ``model.onnx`` to ``path``; return its facts and the check.

    ``config`` are the settings that the head was fitted with. The file is read again and asked
    about ``images``: its answers must be those of the served file, else ExportFailed is raised.
    Raises WeightsUnavailable, BadModelFile where the served file has not this ``sha256``.
    """
    predictor = Predictor.load(served, sha256)
    weights = preset.backbone.weights.found(weights_dir)
    seed_keras(config)
    backbone = preset.backbone.network(config.image_size, weights)
    head = layers.head_network(backbone, config, len(predictor.class_names))
    head.set_weights(list(read_head(served)))
    model = target.with_answers(layers.joined_network(backbone, head, preset.name))
    facts = ModelFacts(
        class_names=predictor.class_names,
        image_size=config.image_size,
        fit=config.fit,
        preset=preset.name,
    )
    write_keras(model, facts, path)
    again = keras.saving.load_model(path, compile=False)
    received = np.asarray(again(np.stack(images), training=False))
    difference = float(np.abs(received - predictor.predict(images)).max())
    if not difference <= HEAD_TOLERANCE:
        path.unlink()
        raise ExportFailed(
            f"The Keras file's answers may differ from the served file's by up to "
            f"{HEAD_TOLERANCE:g}; they differ by {difference:g}."
        )
    parity: Parity = {
        "max_abs_difference": difference,
        "tolerance": HEAD_TOLERANCE,
        "images": len(images),
    }
    return facts_of(path), parity

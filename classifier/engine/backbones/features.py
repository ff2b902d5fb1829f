"""MobileNetV2 as what turns images into features."""

from pathlib import Path

import keras

from classifier.engine.errors import WeightsUnavailable
from classifier.engine.presets import network


def load_features(image_size: int, weights: Path) -> keras.Model:
    """Return MobileNetV2 without its classifier; raises WeightsUnavailable for a damaged file."""
    try:
        return network.feature_network(image_size, weights)
    except (OSError, ValueError, KeyError) as error:
        raise WeightsUnavailable(
            f"The weights file {weights.name} is damaged or of another network.",
            f"Replace it with Keras's own {weights.name}.",
        ) from error

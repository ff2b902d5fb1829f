"""``mobilenet_v2``: for those who have its weights, or a network to fetch them through."""

from pathlib import Path
from typing import Any

from classifier.engine.backbones.backbone import Backbone
from classifier.engine.backbones.keras_file import KerasFile


class MobileNetV2(Backbone):
    """MobileNetV2 1.0 with the ImageNet weights of keras.applications."""

    name = "mobilenet_v2"
    title = "MobileNetV2"
    source = "Sandler et al., 2018, keras.applications"
    licence = "Apache-2.0"
    image_size = 224
    width = 1280
    blocks = 17
    weights = KerasFile(
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2",
    )

    def network(self, image_size: int, weights: Path) -> Any:
        """Return the network without its classifier: features (n, 1280)."""
        from classifier.engine.backbones.mobilenet_v2.network import load_features

        return load_features(image_size, weights)

    def thaw(self, network: Any, blocks: int) -> None:
        """Make the last ``blocks`` of the 17 blocks, and the last convolution, trainable."""
        from classifier.engine.backbones.mobilenet_v2.network import thaw_last_blocks

        thaw_last_blocks(network, blocks)


MOBILENET_V2 = MobileNetV2()

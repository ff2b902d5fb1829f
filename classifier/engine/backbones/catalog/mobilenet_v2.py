"""``mobilenet_v2``: 17 inverted residuals."""

from classifier.engine.backbones.keras_application import TO_ONE, KerasApplication
from classifier.engine.backbones.keras_file import KerasFile

MOBILENET_V2 = KerasApplication(
    name="mobilenet_v2",
    title="MobileNetV2",
    source="Sandler et al., 2018, keras.applications",
    licence="Apache-2.0",
    application="MobileNetV2",
    preprocessing=TO_ONE,
    width=1280,
    parameters=2_257_984,
    before=(
        "bn_Conv1",
        "expanded_conv_project_BN",
        *(f"block_{number}_project_BN" for number in range(1, 16)),
    ),
    weights=KerasFile(
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2",
    ),
)
BACKBONE = MOBILENET_V2

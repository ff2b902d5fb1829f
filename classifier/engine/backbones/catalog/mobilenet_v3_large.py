"""``mobilenet_v3_large``: 15 inverted residuals."""

from classifier.engine.backbones.keras_application import OUTSIDE, TO_ONE, KerasApplication
from classifier.engine.backbones.keras_file import KerasFile

BACKBONE = KerasApplication(
    name="mobilenet_v3_large",
    title="MobileNetV3 Large",
    source="Howard et al., 2019, keras.applications",
    licence="Apache-2.0",
    application="MobileNetV3Large",
    options=OUTSIDE,
    preprocessing=TO_ONE,
    width=960,
    parameters=2_996_352,
    before=(
        "conv_bn",
        "expanded_conv_project_bn",
        *(f"expanded_conv_{number}_project_bn" for number in range(1, 14)),
    ),
    weights=KerasFile(
        "weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v3",
        "07fb09a5933dd0c8eaafa16978110389",
    ),
)

"""``mobilenet_v3_small``: 11 inverted residuals."""

from classifier.engine.backbones.keras_application import OUTSIDE, TO_ONE, KerasApplication
from classifier.engine.backbones.keras_file import KerasFile

BACKBONE = KerasApplication(
    name="mobilenet_v3_small",
    title="MobileNetV3 Small",
    source="Howard et al., 2019, keras.applications",
    licence="Apache-2.0",
    application="MobileNetV3Small",
    options=OUTSIDE,
    preprocessing=TO_ONE,
    width=576,
    parameters=939_120,
    before=(
        "conv_bn",
        "expanded_conv_project_bn",
        *(f"expanded_conv_{number}_project_bn" for number in range(1, 10)),
    ),
    weights=KerasFile(
        "weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v3",
        "d3e8ec802a04aa4fc771ee12a9a9b836",
    ),
)

"""``efficientnet_v2_b0``: 21 inverted residuals."""

from classifier.engine.backbones.keras_application import OUTSIDE, STANDARDIZED, KerasApplication
from classifier.engine.backbones.keras_file import KerasFile

BACKBONE = KerasApplication(
    name="efficientnet_v2_b0",
    title="EfficientNetV2-B0",
    source="Tan and Le, 2021, keras.applications",
    licence="Apache-2.0",
    application="EfficientNetV2B0",
    options=OUTSIDE,
    preprocessing=STANDARDIZED,
    width=1280,
    parameters=5_919_312,
    before=(
        "stem_bn",
        *(
            f"block{stage}{letter}_project_bn"
            for stage, letters in enumerate(("a", "ab", "ab", "abc", "abcde", "abcdefg"), start=1)
            for letter in letters
        ),
    ),
    weights=KerasFile(
        "efficientnetv2-b0_notop.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/efficientnet_v2",
        "893217f2bb855e2983157299931e43ff",
    ),
)

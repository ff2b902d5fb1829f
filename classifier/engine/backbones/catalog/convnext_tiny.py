"""``convnext_tiny``: 18 blocks."""

from classifier.engine.backbones.keras_application import OUTSIDE, STANDARDIZED, KerasApplication
from classifier.engine.backbones.keras_file import KerasFile

BACKBONE = KerasApplication(
    name="convnext_tiny",
    title="ConvNeXt-Tiny",
    source="Liu et al., 2022, keras.applications",
    licence="MIT",
    application="ConvNeXtTiny",
    options=OUTSIDE,
    preprocessing=STANDARDIZED,
    width=768,
    parameters=27_820_128,
    before=(
        "convnext_tiny_stem",
        *(
            f"convnext_tiny_stage_{stage}_block_{block}_identity"
            for stage, blocks in enumerate((3, 3, 9, 2))
            for block in range(blocks)
        ),
    ),
    weights=KerasFile(
        "convnext_tiny_notop.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/convnext",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
)

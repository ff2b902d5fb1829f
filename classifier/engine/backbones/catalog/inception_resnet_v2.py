"""``inception_resnet_v2``: 43 modules.

The first begins with the image: the layers of the stem have no names of their own.
"""

from classifier.engine.backbones.keras_application import START, TO_ONE, KerasApplication
from classifier.engine.backbones.keras_file import KerasFile

BACKBONE = KerasApplication(
    name="inception_resnet_v2",
    title="InceptionResNetV2",
    source="Szegedy et al., 2017, keras.applications",
    licence="Apache-2.0",
    application="InceptionResNetV2",
    image_size=299,
    least_size=75,
    preprocessing=TO_ONE,
    width=1536,
    parameters=54_336_736,
    before=(
        START,
        "mixed_5b",
        *(f"block35_{number}_ac" for number in range(1, 11)),
        "mixed_6a",
        *(f"block17_{number}_ac" for number in range(1, 21)),
        "mixed_7a",
        *(f"block8_{number}_ac" for number in range(1, 10)),
    ),
    weights=KerasFile(
        "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/inception_resnet_v2",
        "d19885ff4a710c122648d3b5c3b684e4",
    ),
)

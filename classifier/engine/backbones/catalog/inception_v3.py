"""``inception_v3``: 11 modules.

The first begins with the image: the layers of the stem have no names of their own.
"""

from classifier.engine.backbones.keras_application import START, TO_ONE, KerasApplication
from classifier.engine.backbones.keras_file import KerasFile

BACKBONE = KerasApplication(
    name="inception_v3",
    title="InceptionV3",
    source="Szegedy et al., 2016, keras.applications",
    licence="Apache-2.0",
    application="InceptionV3",
    image_size=299,
    least_size=75,
    preprocessing=TO_ONE,
    width=2048,
    parameters=21_802_784,
    before=(START, *(f"mixed{number}" for number in range(10))),
    weights=KerasFile(
        "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3",
        "bcbd6486424b2319ff4ef7d526e38f63",
    ),
)

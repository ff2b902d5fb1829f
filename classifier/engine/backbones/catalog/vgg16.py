"""``vgg16``: 5 blocks of convolutions."""

from classifier.engine.backbones.keras_application import (
    CENTRED_BLUE_FIRST,
    START,
    KerasApplication,
)
from classifier.engine.backbones.keras_file import KerasFile

BACKBONE = KerasApplication(
    name="vgg16",
    title="VGG16",
    source="Simonyan and Zisserman, 2014, keras.applications",
    licence="CC-BY-4.0",
    application="VGG16",
    preprocessing=CENTRED_BLUE_FIRST,
    width=512,
    parameters=14_714_688,
    before=(START, *(f"block{number}_pool" for number in range(1, 5))),
    weights=KerasFile(
        "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/vgg16",
        "6d6bbae143d832006294945121d1f1fc",
    ),
)

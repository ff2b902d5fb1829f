"""``xception``: 13 blocks of separable convolutions."""

from classifier.engine.backbones.keras_application import TO_ONE, KerasApplication
from classifier.engine.backbones.keras_file import KerasFile

BACKBONE = KerasApplication(
    name="xception",
    title="Xception",
    source="Chollet, 2017, keras.applications",
    licence="MIT",
    application="Xception",
    image_size=299,
    least_size=71,
    preprocessing=TO_ONE,
    width=2048,
    parameters=20_861_480,
    before=(
        "block1_conv2_act",
        "block2_pool",
        "block3_pool",
        "block4_pool",
        *(f"block{number}_sepconv3_bn" for number in range(5, 13)),
        "block13_pool",
    ),
    weights=KerasFile(
        "xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/xception",
        "b0042744bf5b25fce3cb969f33bebb97",
    ),
)

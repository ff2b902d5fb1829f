"""``resnet50_v2``: 16 residual blocks."""

from classifier.engine.backbones.keras_application import TO_ONE, KerasApplication
from classifier.engine.backbones.keras_file import KerasFile

BACKBONE = KerasApplication(
    name="resnet50_v2",
    title="ResNet50V2",
    source="He et al., 2016, keras.applications",
    licence="BSD-3-Clause",
    application="ResNet50V2",
    preprocessing=TO_ONE,
    width=2048,
    parameters=23_564_800,
    before=(
        "pool1_pool",
        *(
            f"conv{stage}_block{number}_out"
            for stage, blocks in enumerate((3, 4, 6, 2), start=2)
            for number in range(1, blocks + 1)
        ),
    ),
    weights=KerasFile(
        "resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/resnet",
        "fac2f116257151a9d068a22e544a4917",
    ),
)

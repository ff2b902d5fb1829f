"""``densenet121``: 4 dense blocks."""

from classifier.engine.backbones.keras_application import STANDARDIZED, KerasApplication
from classifier.engine.backbones.keras_file import KerasFile

BACKBONE = KerasApplication(
    name="densenet121",
    title="DenseNet121",
    source="Huang et al., 2017, keras.applications",
    licence="BSD-3-Clause",
    application="DenseNet121",
    preprocessing=STANDARDIZED,
    width=1024,
    parameters=7_037_504,
    before=("pool1", "pool2_pool", "pool3_pool", "pool4_pool"),
    weights=KerasFile(
        "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "https://storage.googleapis.com/tensorflow/keras-applications/densenet",
        "30ee3e1110167f948a6b9946edeeb738",
    ),
)

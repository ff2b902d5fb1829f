"""The allow-list: the layers and operations a foreign model may be made of, with their settings.

All that is not here is refused by name. Names are Keras 3's own.
"""

_BASE = {"name", "trainable", "dtype", "autocast"}
# Weights come from the file: how they began and were held in bounds is checked and then left out.
_OF_WEIGHTS = {
    f"{part}_{what}"
    for part in (
        "kernel", "bias", "depthwise", "pointwise", "beta", "gamma", "alpha", "embeddings",
        "moving_mean", "moving_variance", "activity",
    )
    for what in ("initializer", "regularizer", "constraint")
}  # fmt: skip
# May be there and must be null: a layer that has one works otherwise than its name says.
MUST_BE_NULL = frozenset(
    {"quantization_config", "lora_rank", "lora_alpha", "gptq_unpacked_column_size", "weights",
     "input_tensor", "sliding_window"}
)  # fmt: skip
LEFT_OUT = frozenset(_OF_WEIGHTS | MUST_BE_NULL | {"seed", "autocast"})

_CONV = (
    "filters kernel_size strides padding data_format dilation_rate groups activation use_bias rank"
)
_POOL = "pool_size strides padding data_format"
_IMAGE = "data_format factor bounding_box_format"
_DRAWN = f"{_IMAGE} fill_mode fill_value interpolation"
_RANGED = f"{_IMAGE} value_range"
_ACTIVE = "activation use_bias"

_SETTINGS = {
    "InputLayer": "batch_shape batch_input_shape shape batch_size sparse ragged optional",
    "Dense": f"units {_ACTIVE}",
    "EinsumDense": "equation output_shape activation bias_axes",
    "Embedding": "input_dim output_dim mask_zero input_length",
    "Activation": "activation",
    "Dropout": "rate noise_shape",
    "SpatialDropout1D": "rate noise_shape",
    "SpatialDropout2D": "rate noise_shape data_format",
    "AlphaDropout": "rate noise_shape",
    "GaussianDropout": "rate",
    "GaussianNoise": "stddev",
    "ActivityRegularization": "l1 l2",
    "Flatten": "data_format",
    "Reshape": "target_shape",
    "Permute": "dims",
    "RepeatVector": "n",
    "Identity": "",
    "Conv1D": _CONV,
    "Conv2D": _CONV,
    "DepthwiseConv2D": f"{_CONV} depth_multiplier",
    "SeparableConv2D": f"{_CONV} depth_multiplier",
    "Conv2DTranspose": f"{_CONV} output_padding",
    "MaxPooling2D": _POOL,
    "AveragePooling2D": _POOL,
    "GlobalAveragePooling1D": "data_format keepdims",
    "GlobalAveragePooling2D": "data_format keepdims",
    "GlobalMaxPooling1D": "data_format keepdims",
    "GlobalMaxPooling2D": "data_format keepdims",
    "BatchNormalization": "axis momentum epsilon center scale synchronized renorm renorm_clipping "
    "renorm_momentum",
    "LayerNormalization": "axis epsilon center scale rms_scaling",
    "GroupNormalization": "groups axis epsilon center scale",
    "UnitNormalization": "axis",
    "RMSNormalization": "axis epsilon",
    "ReLU": "max_value negative_slope threshold",
    "LeakyReLU": "negative_slope",
    "PReLU": "shared_axes",
    "ELU": "alpha",
    "Softmax": "axis",
    "Add": "",
    "Subtract": "",
    "Multiply": "",
    "Average": "",
    "Maximum": "",
    "Minimum": "",
    "Concatenate": "axis",
    "Dot": "axes normalize",
    "ZeroPadding2D": "padding data_format",
    "Cropping2D": "cropping data_format",
    "UpSampling2D": "size interpolation data_format",
    "MultiHeadAttention": "num_heads key_dim value_dim dropout use_bias output_shape "
    "attention_axes flash_attention use_gate",
    "Attention": "use_scale score_mode dropout",
    "AdditiveAttention": "use_scale score_mode dropout",
    "Rescaling": "scale offset",
    "Normalization": "axis mean variance invert",
    "Resizing": f"{_DRAWN} height width antialias crop_to_aspect_ratio pad_to_aspect_ratio",
    "CenterCrop": f"{_IMAGE} height width",
    "RandomCrop": f"{_IMAGE} height width",
    "RandomFlip": f"{_IMAGE} mode",
    "RandomRotation": _DRAWN,
    "RandomZoom": f"{_DRAWN} height_factor width_factor",
    "RandomTranslation": f"{_DRAWN} height_factor width_factor",
    "RandomShear": f"{_DRAWN} x_factor y_factor",
    "RandomPerspective": f"{_DRAWN} scale",
    "RandomContrast": _RANGED,
    "RandomBrightness": _RANGED,
    "RandomSaturation": _RANGED,
    "RandomHue": _RANGED,
    "RandomColorJitter": f"{_RANGED} brightness_factor contrast_factor hue_factor "
    "saturation_factor",
    "RandomColorDegeneration": _RANGED,
    "RandomErasing": f"{_RANGED} fill_value scale",
    "RandomGrayscale": _IMAGE,
    "RandomInvert": _RANGED,
    "RandomSharpness": _RANGED,
    "RandomPosterization": _RANGED,
    "RandomGaussianBlur": f"{_RANGED} kernel_size sigma",
}
LAYERS: dict[str, frozenset[str]] = {
    name: frozenset(_BASE | LEFT_OUT | set(settings.split()))
    for name, settings in _SETTINGS.items()
}
# Layers that Keras keeps beside a network of its own, by the only module that each may name.
OF_NETWORKS: dict[tuple[str, str], frozenset[str]] = {
    ("keras.src.applications.convnext", "LayerScale"): frozenset(
        _BASE | {"init_values", "projection_dim"}
    ),
    ("keras.src.applications.convnext", "StochasticDepth"): frozenset(_BASE | {"drop_path_rate"}),
    ("keras.src.applications.inception_resnet_v2", "CustomScaleLayer"): frozenset(
        _BASE | {"scale"}
    ),
}
LAYER_MODULES = frozenset({"keras.layers"})
# The places of a functional graph's operations; each is written out, never imported by its name.
_NUMPY = ("keras.src.ops.numpy", "keras.ops")
_NN = ("keras.src.ops.nn", "keras.ops")
OPERATIONS: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {
    name: (modules, frozenset({"name", "dtype", *settings.split()}))
    for modules, names in (
        (
            _NUMPY,
            {
                "Add": "", "Subtract": "", "Multiply": "", "Divide": "", "TrueDivide": "",
                "Maximum": "", "Minimum": "", "GetItem": "key", "Stack": "axis",
                "Concatenate": "axis", "Mean": "axis keepdims", "Clip": "x_min x_max",
                "ExpandDims": "axis", "Flip": "axis", "Reshape": "newshape", "Transpose": "axes",
            },
        ),
        (
            _NN,
            {"Relu": "", "Relu6": "", "Sigmoid": "", "Silu": "beta", "Softmax": "axis",
             "Gelu": "approximate", "HardSigmoid": "", "HardSilu": ""},
        ),
        (("keras.src.ops.core", "keras.ops"), {"Cast": ""}),
    )
    for name, settings in names.items()
}  # fmt: skip
MODEL_MODULES: dict[str, frozenset[str]] = {
    "Sequential": frozenset({"keras", "keras.models", "keras.src.models.sequential"}),
    "Functional": frozenset({"keras", "keras.models", "keras.src.models.functional"}),
}
_ACTIVATIONS = """
linear relu relu6 leaky_relu elu selu celu gelu silu swish sigmoid hard_sigmoid hard_silu hard_swish
softmax log_softmax softplus softsign tanh hard_tanh exponential mish
"""
_INITIALIZERS = """
Constant Zeros Ones Identity RandomNormal TruncatedNormal RandomUniform VarianceScaling
GlorotUniform GlorotNormal LecunNormal LecunUniform HeNormal HeUniform Orthogonal
"""
ACTIVATIONS = frozenset(_ACTIVATIONS.split())
INITIALIZERS = frozenset(_INITIALIZERS.split())
REGULARIZERS = frozenset({"L1L2", "L1", "L2", "OrthogonalRegularizer"})
CONSTRAINTS = frozenset({"MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm"})
# Networks are converted in float32, whatever they were trained in.
PRECISIONS = frozenset({"float32", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16"})

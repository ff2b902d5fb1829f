"""A pretrained network in a script: Keras's own, or EfficientNet-Lite0 layer by layer."""

from classifier.engine.backbones.backbone import Backbone
from classifier.engine.backbones.efficientnet_lite0.architecture import (
    BLOCKS,
    EPSILON,
    HEAD,
    OFFSET,
    SCALE,
    STEM,
    Block,
)
from classifier.engine.backbones.efficientnet_lite0.backbone import EfficientNetLite0
from classifier.engine.backbones.keras_application import START, KerasApplication

# How a script asks for the file of weights that its run began with.
WEIGHTS_TEXT = '''

def weights():
    """Return the path of the file of weights, which has to be the one that the run began with."""
    with open(sys.argv[2], "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        sys.exit(f"{sys.argv[2]} has the SHA-256 {found}, not {WEIGHTS_SHA256}.")
    return sys.argv[2]
'''
# What fine-tuning trains.
THAW_TEXT = '''

def thaw(features, before):
    """Make what comes after the layer of this name trainable (None: all).

    Batch normalization stays as it is: its statistics come from far more images.
    """
    network = next(layer for layer in features.layers if isinstance(layer, keras.Model))
    network.trainable = True
    names = [layer.name for layer in network.layers]
    start = names.index(before) + 1 if before else 0
    for place, layer in enumerate(network.layers):
        layer.trainable = place >= start and not isinstance(layer, layers.BatchNormalization)
'''


def backbone_text(backbone: Backbone) -> str:
    """Return the function ``backbone``: pixels → features, and what it needs."""
    if isinstance(backbone, KerasApplication):
        return _application_text(backbone)
    if not isinstance(backbone, EfficientNetLite0):
        raise TypeError(f"No program builds {backbone.name}.")
    return _LITE0.format(
        blocks="".join(f"    {_block_row(block)},\n" for block in BLOCKS),
        stem=STEM.filters,
        head=HEAD.filters,
        epsilon=EPSILON,
        scale=SCALE,
        offset=OFFSET,
    )


def before_block(backbone: Backbone, blocks: int) -> str:
    """Return the code of ``thaw``'s argument: the layer with which the last blocks begin."""
    if isinstance(backbone, KerasApplication):
        before = backbone.before[-blocks]
        return "None" if before == START else f'"{before}"'
    block = BLOCKS[len(BLOCKS) - blocks]
    place = BLOCKS.index(block)
    if place == 0:
        return '"stem_relu"'
    return f'"block_{place - 1}"'


def _application_text(facts: KerasApplication) -> str:
    options = "".join(f"        {name}={value!r},\n" for name, value in facts.options.items())
    seen = facts.preprocessing
    scale, offset = (
        repr(list(each)) if isinstance(each, tuple) else f"{each!r}"
        for each in (seen.scale, seen.offset)
    )
    return _APPLICATION.format(
        application=facts.application,
        options=options,
        scale=scale,
        offset=offset,
        turned="    x = x[..., ::-1]  # it was trained on blue, green, red\n" * seen.blue_first,
    )


def _block_row(block: Block) -> str:
    """Return a block as a row: channels inside, kernel, stride, channels that come out."""
    *_, depthwise, project = block.convolutions
    wide = depthwise.filters if len(block.convolutions) == 3 else 0
    return repr((wide, depthwise.kernel, depthwise.stride, project.filters))


_APPLICATION = '''

def backbone():
    """Return the pretrained network: pixels of 0..255 to features."""
    network = keras.applications.{application}(
        input_shape=(SIDE, SIDE, 3),
        include_top=False,
        weights=weights(),
        pooling="avg",
{options}    )
    network.trainable = False
    image = keras.Input((SIDE, SIDE, 3))
    x = layers.Rescaling({scale}, offset={offset})(image)
{turned}    return keras.Model(image, network(x, training=False))
'''
_LITE0 = '''

# Each block: channels inside (0: no wider than before), kernel, stride, channels that come out.
BLOCKS = [
{blocks}]


def arrays():
    """Return the arrays of the file of weights by name: it holds pickles, then plain numbers."""

    class Reader(pickle.Unpickler):
        known = {{
            ("collections", "OrderedDict"): OrderedDict,
            ("torch", "FloatStorage"): "<f4",
            ("torch", "LongStorage"): "<i8",
            ("torch._utils", "_rebuild_tensor_v2"): lambda *facts: facts[:4],
        }}

        def find_class(self, module, name):
            return self.known[module, name]

        def persistent_load(self, storage):
            return storage

    with open(weights(), "rb") as file:
        *_, tensors, keys = [Reader(file).load() for _ in range(5)]
        types = {{storage[2]: storage[1] for storage, *_ in tensors.values()}}
        numbers = {{}}
        for key in keys:
            length, kind = int.from_bytes(file.read(8), "little"), np.dtype(types[key])
            numbers[key] = np.frombuffer(file.read(length * kind.itemsize), kind)
    # Torch counts strides in numbers, NumPy in bytes.
    return {{
        name: np.lib.stride_tricks.as_strided(
            numbers[storage[2]][start:],
            shape,
            [stride * numbers[storage[2]].itemsize for stride in strides],
        )
        for name, (storage, start, shape, strides) in tensors.items()
    }}


def backbone():
    """Return EfficientNet-Lite0 (Tan and Le, 2019): pixels of 0..255 to features."""
    found = arrays()

    def convolved(x, name, kernel_name, norm_name, filters, kernel=1, stride=1, relu=True):
        options = {{"strides": stride, "padding": "same", "use_bias": False}}
        own = found[f"{{kernel_name}}.weight"]
        if filters:
            layer, order = layers.Conv2D(filters, kernel, **options), (2, 3, 1, 0)
        else:
            layer, order = layers.DepthwiseConv2D(kernel, **options), (2, 3, 0, 1)
        norm = layers.BatchNormalization(epsilon={epsilon}, name=None if relu else name)
        x = norm(layer(x))
        layer.set_weights([own.transpose(order)])
        parts = ("weight", "bias", "running_mean", "running_var")
        norm.set_weights([found[f"{{norm_name}}.{{part}}"] for part in parts])
        return layers.ReLU(6.0, name=name)(x) if relu else x

    pixels = keras.Input((SIDE, SIDE, 3))
    x = convolved(pixels, "stem_relu", "_conv_stem", "_bn0", {stem}, 3, 2)
    for number, (wide, kernel, stride, filters) in enumerate(BLOCKS):
        entered, at = x, f"_blocks.{{number}}"
        if wide:
            x = convolved(x, None, f"{{at}}._expand_conv", f"{{at}}._bn0", wide)
        x = convolved(x, None, f"{{at}}._depthwise_conv", f"{{at}}._bn1", 0, kernel, stride)
        x = convolved(x, None, f"{{at}}._project_conv", f"{{at}}._bn2", filters, relu=False)
        if stride == 1 and entered.shape[-1] == filters:
            x = layers.Add()([entered, x])
        x = layers.Identity(name=f"block_{{number}}")(x)
    x = convolved(x, None, "_conv_head", "_bn1", {head})
    network = keras.Model(pixels, layers.GlobalAveragePooling2D()(x))
    network.trainable = False
    image = keras.Input((SIDE, SIDE, 3))
    x = layers.Rescaling({scale!r}, offset={offset!r})(image)
    return keras.Model(image, network(x, training=False))
'''

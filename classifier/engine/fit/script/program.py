"""A run as one plain Keras program: no Loupe, the frozen version's zip, the run's own settings."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from classifier.engine.backbones.keras_file import KerasFile
from classifier.engine.fit.script.augmentation import augmentation_text
from classifier.engine.fit.script.backbone import (
    THAW_TEXT,
    WEIGHTS_TEXT,
    backbone_text,
    before_block,
)
from classifier.engine.fit.script.number import number
from classifier.engine.fit.script.refusal import refusal
from classifier.engine.fit.script.steps import loss_text, optimizer_text, order_text, train_text
from classifier.engine.formats.script_text import FILES, pixels_text
from classifier.engine.presets.config import Precision, TrainingConfig
from classifier.engine.presets.preset import Preset
from classifier.engine.presets.scratch import ScratchConfig, ScratchPreset
from classifier.engine.presets.transfer import TransferConfig, TransferPreset

_WIDE = 80


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a training was, with nothing left to measure or to choose.

    ``config`` holds no ``auto`` but in ``precision``, which stands beside it. ``last_epoch`` is the
    one that a person or the time limit ended the training after, None where neither did.
    ``weights_sha256`` is the hash of the pretrained network's file, ``head_batch_size`` how many
    vectors the steps of a last layer took (0: as many as ``config`` says).
    """

    preset: Preset
    config: TrainingConfig
    class_names: tuple[str, ...]
    precision: Precision = "float32"
    last_epoch: int | None = None
    weights_sha256: str = ""
    head_batch_size: int = 0

    @property
    def has_batch_of_head(self) -> bool:
        """Whether the last layer took other steps than the stage of pixels that followed."""
        preset, config = self.preset, self.config
        if not isinstance(preset, TransferPreset) or not isinstance(config, TransferConfig):
            return False
        return not preset.is_frozen(config) and self.head_batch_size not in (0, config.batch_size)


def program_of(run: Run) -> str:
    """Return the program's text. Raises ValueError where it would be another training.

    Imports Keras for a network that is trained from random weights, not for a pretrained one.
    """
    if sentence := refusal(run.preset, run.config):
        raise ValueError(sentence)
    if isinstance(run.preset, TransferPreset) and isinstance(run.config, TransferConfig):
        parts = _transfer(run, run.preset, run.config)
    elif isinstance(run.preset, ScratchPreset) and isinstance(run.config, ScratchConfig):
        parts = _scratch(run, run.preset, run.config)
    else:
        raise TypeError(f"No program trains {type(run.preset).__name__}.")
    body = "".join(parts)
    return re.sub(r"\n{4,}", "\n\n\n", _head(run, body) + body + _END).rstrip() + "\n"


def _scratch(
    run: Run, preset: ScratchPreset[ScratchConfig], config: ScratchConfig
) -> Iterator[str]:
    # TensorFlow is loaded where a network was trained, and only there.
    from classifier.engine.fit.script.network import network_text
    from classifier.engine.presets.layers import scratch_network

    twin = run.precision == "bfloat16"
    made = scratch_network(preset, config, len(run.class_names), precision=run.precision)
    yield from (pixels_text(config.fit), FILES, _READ, network_text(made, precision=run.precision))
    yield from _common(run, twin=twin)
    yield _MAIN.format(determinism=_determinism(config))
    changes = ", changes=True" if config.augmentations.any else ""
    stage = f"epochs={config.epochs}, rate={number(config.learning_rate)}, so_far=so_far{changes}"
    if twin:
        yield '    model, twin = network("mixed_bfloat16"), network("float32")\n'
        yield f"    train(model, *learned, validation, {stage}, twin=twin)\n"
        yield "    twin.set_weights(model.get_weights())\n    say(twin, *test)\n"
    else:
        yield "    model = network()\n"
        yield f"    train(model, *learned, validation, {stage})\n"
        yield "    say(model, *test)\n"


def _transfer(run: Run, preset: TransferPreset, config: TransferConfig) -> Iterator[str]:
    backbone, tuned = preset.backbone, not preset.is_frozen(config)
    yield from (pixels_text(config.fit), FILES, _READ, WEIGHTS_TEXT, backbone_text(backbone))
    yield THAW_TEXT if tuned else ""
    yield from _common(run, twin=False)
    yield _MAIN.format(determinism=_determinism(config))
    mirrored = config.augmentation == "mirror"
    yield _HEAD_STAGE.format(
        width=backbone.width,
        dropout=number(config.dropout),
        twins=_TWINS if mirrored else "    vectors, labels = vectors_of(learned[0]), learned[1]\n",
        epochs=config.epochs,
        rate=number(config.learning_rate),
        batch=", batch=HEAD_BATCH" if run.has_batch_of_head else "",
    )
    if not tuned:
        yield "    say(head, vectors_of(test[0]), test[1])\n"
        return
    yield "    model = keras.Model(features.input, head(features.output))\n"
    changes = ", changes=True" if config.augmentations.any else ""
    for epochs, rate, blocks in (
        (config.fine_tune_epochs, config.fine_tune_learning_rate, config.fine_tune_blocks),
        (config.all_epochs, config.all_learning_rate, backbone.blocks),
    ):
        if epochs:
            yield f"    thaw(features, {before_block(backbone, blocks)})\n"
            stage = f"epochs={epochs}, rate={number(rate)}, so_far=so_far{changes}"
            yield f"    train(model, *learned, validation, {stage})\n"
    yield "    say(model, *test)\n"


def _common(run: Run, *, twin: bool) -> Iterator[str]:
    yield augmentation_text(run.config.augmentations)
    yield order_text(run.config)
    yield optimizer_text(run.config)
    yield loss_text(run.config)
    yield train_text(run.config, twin=twin, last_epoch=run.last_epoch)


def _determinism(config: TrainingConfig) -> str:
    return "    tf.config.experimental.enable_op_determinism()\n" if config.deterministic else ""


def _head(run: Run, body: str) -> str:
    """Return the docstring, the imports that the body needs, and the settings."""
    pretrained = isinstance(run.preset, TransferPreset)
    packages = ("tensorflow", "keras", "numpy", "pillow")
    text = _BEGIN.format(
        preset=run.preset.name,
        packages=" ".join(f"{name}=={version(name)}" for name in packages),
        weights=" WEIGHTS" if pretrained else "",
        also=_also(run.preset) if isinstance(run.preset, TransferPreset) else "",
    )
    modules = ("csv", "hashlib", "io", "pickle", "sys", "zipfile")
    text += "".join(f"import {name}\n" for name in modules if f"{name}." in body)
    text += "from collections import OrderedDict\n" * ("OrderedDict" in body)
    text += "\nimport keras\nimport numpy as np\n"
    text += "import tensorflow as tf\n" * ("tf." in body)
    text += "from keras import layers, ops\nfrom PIL import Image, ImageOps\n\n"
    wide = 4 if len(json.dumps(run.class_names)) > _WIDE else None
    settings = [
        f"CLASSES = {json.dumps(run.class_names, ensure_ascii=False, indent=wide)}",
        f"SIDE = {run.config.image_size}  # of the squares of pixels that go in",
        f"SEED = {run.config.seed}",
        f"BATCH = {run.config.batch_size}",
    ]
    if run.has_batch_of_head:
        settings.append(f"HEAD_BATCH = {run.head_batch_size}  # of the last layer, on vectors")
    if pretrained:
        settings.append(f'WEIGHTS_SHA256 = "{run.weights_sha256}"')
    return text + "\n".join(settings) + "\n\n"


def _also(preset: TransferPreset) -> str:
    weights = preset.backbone.weights
    where = weights.missing().hint
    if isinstance(weights, KerasFile):
        where = f"It is at\n{weights.folder}/\n{weights.name}"
    return f"WEIGHTS is the file {weights.name} that the run began with.\n{where}\n"


_BEGIN = '''\
"""Trains {preset} as Loupe did, without Loupe; says how often it is right on test images.

    pip install {packages}
    python training_script.py VERSION.zip{weights}

VERSION.zip is the frozen dataset version, as Loupe's page of the version gives it.
{also}Images are held in memory. The same seed draws the same order and the same changes of images
as in Loupe; dropout is drawn for itself, so that the figures of one seed differ a little.
"""

'''
_READ = '''

def read(archive, split):
    """Return the pixels (n, SIDE, SIDE, 3) and class indices (n,) of a split."""
    found = files_of(archive, split)
    images = np.empty((len(found), SIDE, SIDE, 3), np.uint8)
    for place, (name, _) in enumerate(found):
        images[place] = pixels_of(archive.read(name))
    return images, np.array([index for _, index in found], int)
'''
_MAIN = '''

def say(model, images, labels):
    """Print how often the model is right."""
    if not len(labels):
        print("The version has no test split.")
        return
    _, accuracy = measured(model, images, labels)
    print(f"test accuracy {{accuracy:.6f}} on {{len(labels)}} images")


def main():
    with zipfile.ZipFile(sys.argv[1]) as archive:
        learned, validation, test = (
            read(archive, split) for split in ("train", "validation", "test")
        )
    keras.utils.set_random_seed(SEED)
{determinism}    so_far = {{"epochs": 0, "rank": None}}
'''
_HEAD_STAGE = """\
    features = backbone()

    def vectors_of(images):
        return features.predict(images, batch_size=32, verbose=0) if len(images) else images

    # The last layer learns from the vectors that the pretrained network makes, once.
    head = keras.Sequential(
        [keras.Input(({width},)), layers.Dropout({dropout}), layers.Dense(len(CLASSES))]
    )
{twins}    held_out = (vectors_of(validation[0]) if len(validation[1]) else None, validation[1])
    train(head, vectors, labels, held_out, epochs={epochs}, rate={rate}, so_far=so_far{batch})
"""
_TWINS = """\
    sides = [learned[0], learned[0][:, :, ::-1]]  # each image and its mirror image
    vectors = np.concatenate([vectors_of(side) for side in sides])
    labels = np.concatenate([learned[1], learned[1]])
"""
_END = """

if __name__ == "__main__":
    main()
"""

"""Runs as plain Keras programs: their parts are what the trainer does, and so is the whole."""

from dataclasses import fields, replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers as keras_layers
from keras import ops

from classifier.engine.backbones.registry import BACKBONES
from classifier.engine.fit.augment.arrays import augmented
from classifier.engine.fit.balance import Balance
from classifier.engine.fit.keras_optimizers import KerasOptimizer
from classifier.engine.fit.schedules import Schedule
from classifier.engine.fit.script.augmentation import augmentation_text
from classifier.engine.fit.script.backbone import (
    THAW_TEXT,
    WEIGHTS_TEXT,
    backbone_text,
    before_block,
)
from classifier.engine.fit.script.network import network_text
from classifier.engine.fit.script.number import number
from classifier.engine.fit.script.program import Run, program_of
from classifier.engine.fit.script.refusal import EXPRESSED, refusal
from classifier.engine.fit.script.steps import (
    loss_text,
    optimizer_text,
    order_text,
    train_text,
)
from classifier.engine.presets import layers
from classifier.engine.presets.augmentation import LEVELS, NOTHING, Augmentations
from classifier.engine.presets.registry import PRESETS
from classifier.engine.runtime.predictor import Predictor
from common.pixels import read_pixels
from tests.classifier.engine.outside_loupe import accuracy_of, run_script, write_version_zip
from tests.classifier.engine.random_weights import random_weights

NETWORKS = {n: each for n, each in PRESETS.items() if each.kind in ("scratch", "transfer")}
SCRATCH = {name: each for name, each in PRESETS.items() if each.kind == "scratch"}
SEED, SIDE = 7, 24


def parts_of(*texts: str, **names) -> dict:
    """Return what the texts define, among Keras and NumPy."""
    known = {"keras": keras, "layers": keras_layers, "ops": ops, "np": np, "SEED": SEED, **names}
    exec("".join(texts), known)
    return known


@pytest.mark.parametrize("name", SCRATCH)
def test_the_written_network_is_the_trained_one(name) -> None:
    preset = SCRATCH[name]
    wanted = {"attention": "coordinate", "stochastic_depth": 0.3, "dropout": 0.37}
    config = preset.config({key: each for key, each in wanted.items() if key in preset.settings})
    for precision, policy in (("float32", []), ("bfloat16", ["mixed_bfloat16"])):
        trained = layers.scratch_network(preset, config, 3, precision=precision)
        text = network_text(trained, precision=precision)
        written = parts_of(text)["network"](*policy)
        assert [facts_of(each) for each in written.layers] == [
            facts_of(each) for each in trained.layers
        ]
        written.set_weights(trained.get_weights())
        noise = np.random.default_rng(0).uniform(0, 255, (2, *trained.input_shape[1:]))
        assert np.array_equal(written(noise), trained(noise))


def pixels_of(samples, side: int) -> np.ndarray:
    return np.stack([read_pixels(Path(path), side) for path, _ in samples])


def facts_of(layer) -> tuple:
    """Return the layer's kind and settings, without the name that counts layers."""
    settings = {key: value for key, value in layer.get_config().items() if key != "name"}
    return type(layer), repr(settings)


EVERY = {
    **dict.fromkeys(("flip", "flip_vertical", "random_erasing", "colour"), 0.5),
    "rotate": 30.0,
    "zoom": 0.3,
    "shear": 20.0,
    "translate": 0.21,
    "crop": 0.4,
    "blur": 2.0,
    "brightness": 0.5,
    "contrast": 0.6,
    "rand_augment": 0.8,
    "mixup": 0.4,
    "cutmix": 1.0,
}
CHANGES = {
    **{name: replace(NOTHING, **{name: value}) for name, value in EVERY.items()},
    **{f"level {name}": values for name, values in LEVELS.items() if values.any},
    "mixup or cutmix": replace(NOTHING, mixup=0.4, cutmix=1.0),
    "all": Augmentations(**EVERY),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_written_augmentation_changes_images_as_the_trainer_does(name) -> None:
    assert set(EVERY) == {each.name for each in fields(Augmentations)}
    values = CHANGES[name]
    changed = parts_of(augmentation_text(values), SIDE=SIDE)["changed"]
    images = np.random.default_rng(0).integers(0, 256, (16, SIDE, SIDE, 3)).astype(np.uint8)
    for epoch in (1, 2):
        received, targets = changed(images, np.eye(16, dtype=np.float32), epoch, 5)
        expected, own = augmented(images, values, (SEED, epoch, 5))
        np.testing.assert_allclose(received, expected, atol=2e-3)
        shares = np.eye(16) * own[:, None] + np.eye(16)[::-1] * (1 - own[:, None])
        np.testing.assert_allclose(targets, shares, atol=1e-6)
    assert np.abs(expected - images).max() > 1


STEPS = [
    {},
    {"warm_up": 0, "label_smoothing": 0, "weight_decay": 0.0123456789},
    {"optimizer": "adam", "schedule": "step", "decay_epochs": 2, "focal_gamma": 2},
    {"optimizer": "sgd", "momentum": 0.7, "schedule": "constant", "balance": "class_weights"},
    {"optimizer": "rmsprop", "schedule": "plateau", "weight_decay": 0},
    {"balance": "balanced_sampling", "focal_gamma": 1.5},
    {"balance": "class_weights", "synthetic": 0.8, "focal_gamma": 0.5},
]


@pytest.mark.parametrize("settings", STEPS, ids=lambda each: " ".join(map(str, each.values())))
def test_the_written_steps_are_the_trainers(settings) -> None:
    config = PRESETS["cnn_tiny"].config(settings)
    labels = np.array([0] * 9 + [1] * 4 + [3] * 2)
    texts = (optimizer_text(config), loss_text(config), order_text(config))
    found = parts_of(*texts, CLASSES=list("abcd"))
    balance = Balance(config, labels, 4)
    for epoch in (1, 2):
        assert np.array_equal(found["order_of"](labels, epoch), balance.order((SEED, epoch)))

    random = np.random.default_rng(0)
    logits = random.normal(size=(6, 4)).astype(np.float32)
    targets = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0, 1]] * 0.75 + 0.0625
    expected = np.asarray(balance.loss(config.label_smoothing).of(logits, targets))
    loss = found["loss_for"](labels)
    np.testing.assert_allclose(np.mean(loss(targets, logits)), expected.mean(), rtol=1e-5)

    # Three steps of a layer with a kernel and a bias, their gradients longer than the clipping.
    ours, theirs = (keras.Sequential([keras.Input((3,)), keras_layers.Dense(2)]) for _ in range(2))
    theirs.set_weights(ours.get_weights())
    schedule = Schedule.of(config, 0.05, 3, 4)
    trainer = KerasOptimizer(config, schedule, config.weight_decay, ours)
    written = found["optimizer"](0.05, 4, 3)
    for _ in range(9):
        gradients = [random.normal(size=each.shape).astype(np.float32) for each in ours.weights]
        trainer.apply([ops.convert_to_tensor(each) for each in gradients])
        written.apply([ops.convert_to_tensor(each) for each in gradients], theirs.weights)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        # Keras takes Adam's step in several operations, the trainer in one.
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_written_stage_counts_its_patience_for_itself() -> None:
    settings = {"early_stopping_patience": 2, "schedule": "constant", "augmentation": "none"}
    config = PRESETS["cnn_tiny"].config({**settings, "optimizer": "sgd", "weight_decay": 0})
    texts = (optimizer_text(config), loss_text(config), order_text(config))
    text = train_text(config, twin=False, last_epoch=None)
    train = parts_of(*texts, text, CLASSES=list("ab"), BATCH=4)["train"]
    labels = np.array([0, 1] * 8)
    inputs = np.eye(2, dtype=np.float32)[labels]
    head = keras.Sequential([keras.Input((2,)), keras_layers.Dense(2)])
    before = head.get_weights()
    # An earlier stage was better than this one can be; yet its loss falls in every epoch.
    so_far = {"epochs": 3, "rank": (-1e-9, 1.0)}
    train(head, inputs, labels, (inputs, labels), epochs=6, rate=0.1, so_far=so_far)
    assert so_far == {"epochs": 9, "rank": (-1e-9, 1.0)}
    for one, other in zip(head.get_weights(), before, strict=True):
        assert np.array_equal(one, other), "the earlier stage's weights are kept"
    # What gets worse at once waits for the patience alone.
    train(head, inputs, labels, (inputs, 1 - labels), epochs=6, rate=0.1, so_far=so_far)
    assert so_far["epochs"] == 9 + 1 + 2


@pytest.mark.parametrize("name", ["efficientnet_lite0", "mobilenet_v3_small", "vgg16"])
def test_the_written_backbone_is_the_trained_one(name, tmp_path, write_weights) -> None:
    preset, facts = PRESETS[name], BACKBONES[name]
    random_weights(preset, tmp_path, write_weights)
    weights = facts.weights.found(tmp_path)
    trained = facts.network(64, weights)
    # The hash is compared by the whole program.
    found = parts_of(
        "import pickle\nfrom collections import OrderedDict\n",
        backbone_text(facts) + THAW_TEXT,
        SIDE=64,
        weights=lambda: str(weights),
    )
    written = found["backbone"]()
    noise = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    expected = np.asarray(trained(noise, training=False))
    received = np.asarray(written(noise, training=False))
    assert np.abs(received - expected).max() <= 1e-4 * np.abs(expected).max()
    for blocks in (1, facts.blocks - 1, facts.blocks):
        facts.thaw(trained, blocks)
        found["thaw"](written, eval(before_block(facts, blocks)))
        assert [each.shape for each in written.trainable_weights] == [
            each.shape for each in trained.trainable_weights
        ]


def test_a_run_outside_loupe_has_the_same_curve_and_accuracy(make_training, digits, tmp_path):
    """Without dropout the same numbers are drawn: the two differ by the rounding of sums."""
    training = make_training(
        config={"epochs": 3, "image_size": 16, "seed": 3, "dropout": 0, "batch_size": 16}
    )
    outcome = training.run()
    script = training.output_dir / "training_script.py"
    assert "training_script.py" in outcome["files"]
    samples = (sorted(training.job["train"]), training.job["validation"], digits[1])
    training.job["train"] = samples[0]
    names = training.job["class_names"]
    write_version_zip(tmp_path / "version.zip", samples, names)
    lines = run_script(script, tmp_path / "version.zip")
    served = Predictor.load(training.output_dir / "model.onnx").predict(pixels_of(digits[1], 16))
    accuracy = (served.argmax(axis=1) == [label for _, label in digits[1]]).mean()
    assert accuracy > 0.7
    assert accuracy_of(lines) == pytest.approx(accuracy, abs=0.025)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_fine_tuned_run_outside_loupe_has_the_same_accuracy(make_training, digits, tmp_path):
    preset = PRESETS["efficientnet_lite0"]
    training = make_training(
        preset=preset.name,
        config={
            "epochs": 6,
            "image_size": 64,
            "augmentation": "mirror",
            "fine_tune_epochs": 3,
            "fine_tune_learning_rate": 0.001,
            "all_epochs": 1,
        },
    )
    training.run()
    names = training.job["class_names"]
    samples = (training.job["train"], training.job["validation"], digits[1])
    write_version_zip(tmp_path / "version.zip", samples, names)
    weights = preset.backbone.weights.found(None)
    script = training.output_dir / "training_script.py"
    lines = run_script(script, tmp_path / "version.zip", weights)
    served = Predictor.load(training.output_dir / "model.onnx").predict(pixels_of(digits[1], 64))
    accuracy = (served.argmax(axis=1) == [label for _, label in digits[1]]).mean()
    assert accuracy_of(lines) == pytest.approx(accuracy, abs=0.05)
    (tmp_path / "other").write_bytes(b"other")
    with pytest.raises(AssertionError, match="has the SHA-256"):
        run_script(script, tmp_path / "version.zip", tmp_path / "other")


def test_a_run_that_was_ended_ends_there_and_class_names_are_code(tmp_path) -> None:
    preset = PRESETS["cnn_tiny"]
    run = Run(
        preset=preset,
        config=preset.config({"seed": 5}),
        class_names=('"""', "it's\n{x}", "č" * 90),
        precision="bfloat16",
        last_epoch=4,
    )
    text = program_of(run)
    assert "        if epoch > 4:\n            break" in text
    assert 'network("mixed_bfloat16"), network("float32")' in text
    classes = text[text.index("CLASSES = ") :].split("\nSIDE")[0]
    assert parts_of(classes)["CLASSES"] == list(run.class_names)
    compile(text, "training_script.py", "exec")
    assert "WEIGHTS_SHA256" in WEIGHTS_TEXT
    assert [number(each) for each in (0.1, 30.0, 1e-5, 0.1234567891)] == [
        *("0.1", "30", "1e-05", "0.1234567891")
    ]


def test_a_last_layer_and_fine_tuning_have_the_steps_that_each_took() -> None:
    preset = PRESETS["efficientnet_lite0"]
    for tuned, head, batch in ((3, 32, 4), (3, 4, 4), (3, 0, 4), (0, 32, 4)):
        config = preset.config({"fine_tune_epochs": tuned, "batch_size": batch})
        run = Run(
            preset=preset, config=config, class_names=("a", "b"),
            weights_sha256="1" * 64, head_batch_size=head,
        )  # fmt: skip
        text = program_of(run)
        compile(text, "training_script.py", "exec")
        other = (tuned, head) == (3, 32)
        assert f"\nBATCH = {batch}\n" in text
        assert ("\nHEAD_BATCH = 32 " in text) == other
        assert ("so_far=so_far, batch=HEAD_BATCH)\n" in text) == other
        assert f'WEIGHTS_SHA256 = "{run.weights_sha256}"' in text


@pytest.mark.parametrize("name", NETWORKS)
def test_every_setting_is_expressed_or_refused_by_name(name) -> None:
    preset = NETWORKS[name]
    assert set(preset.settings) <= EXPRESSED | NEUTRAL_BY_DEFAULT
    assert refusal(preset, preset.defaults) == ""
    if preset.kind == "transfer":
        config = preset.config({"synthetic": 0.5})
        assert "(synthetic 0.5): only Loupe can repeat it" in refusal(preset, config)


# Settings that programs refuse by name where they are changed.
NEUTRAL_BY_DEFAULT = {"self_training", "reweight_by"}

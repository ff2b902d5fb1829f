"""Exported files: what they answer, what they say, and the scripts of the documentation."""

import json
import re
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from classifier.engine.errors import ExportFailed, OutOfMemory
from classifier.engine.files import compressed_bytes
from classifier.engine.formats.exports import FORMATS
from classifier.engine.formats.facts import ModelFacts
from classifier.engine.formats.file_process import FileProcess
from classifier.engine.formats.pruned import write_pruned
from classifier.engine.formats.runners import open_file
from classifier.engine.formats.usage import program_of
from classifier.engine.runtime.predictor import Predictor
from programs.launch import Program
from tests.classifier import forked
from tests.classifier.registry.write_exports import NUMBERS
from tests.servers import REPOSITORY_DIR

WRITE = "tests.classifier.registry.write_exports:write_all"
PAGE = (REPOSITORY_DIR / "docs" / "exports.md").read_text()
# Of the sections that have one.
_SCRIPT = r"^## ([^\n]+)\n(?:(?!^## ).)*?```python\n(.+?)```"
SCRIPTS = dict(re.findall(_SCRIPT, PAGE, re.DOTALL | re.MULTILINE))
COLOURS = ("blue", "green", "red")


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    """A folder with every format of a network that tells colours apart, and 24 images of these."""
    folder = tmp_path_factory.mktemp("exports")
    served = Predictor.load(trained.onnx)
    size, noise = served.views[0].size, np.random.default_rng(0)
    images = noise.integers(0, 40, (24, size, size, 3), np.uint8)
    for number, image in enumerate(images):
        image[:, :, 2 - number % 3] += np.uint8(180)
    np.save(folder / "images.npy", images)
    facts = ModelFacts(
        class_names=served.class_names, image_size=size, fit="crop", preset="cnn_tiny"
    )
    for name in ("model.onnx", "model.keras"):
        shutil.copy(trained.folder / name, folder)
    forked.run(
        WRITE, str(folder / "model.keras"), str(folder), facts.to_json(), log=folder / "log.txt"
    )
    return folder, images, served


@pytest.mark.parametrize("numbers", NUMBERS)
def test_a_lite_file_answers_as_the_served_one_does(exported, numbers) -> None:
    folder, images, served = exported
    path = folder / NUMBERS[numbers]
    expected, received = served.predict(images), open_file(path)(images)
    assert (received.argmax(axis=1) == expected.argmax(axis=1)).all()
    most = {"float32": 1e-5, "float16": 0.01}.get(numbers, 0.1)
    assert np.abs(received - expected).max() < most
    with zipfile.ZipFile(path) as archive:
        said = json.loads(archive.read("loupe.json"))
        assert archive.read("labels.txt").decode().split() == list(COLOURS)
    assert said["class_names"] == list(COLOURS)
    assert (
        f"cut the largest square out of its middle, then scale that to {said['image_size']} x"
        in (said["input"])
    )


def test_smaller_numbers_make_smaller_files_of_built_in_operations(exported) -> None:
    from ai_edge_litert import schema_py_generated as schema

    folder, *_ = exported
    sizes = {numbers: (folder / name).stat().st_size for numbers, name in NUMBERS.items()}
    assert sizes["float16"] < 0.7 * sizes["float32"]
    assert max(sizes["int8"], sizes["dynamic"]) < 0.5 * sizes["float32"]
    for name in NUMBERS.values():
        model = schema.Model.GetRootAs((folder / name).read_bytes())
        codes = [model.OperatorCodes(place) for place in range(model.OperatorCodesLength())]
        assert [code.CustomCode() for code in codes if code.CustomCode()] == []
        kinds = {
            tensor.Type()
            for tensor in map(model.Subgraphs(0).Tensors, range(model.Subgraphs(0).TensorsLength()))
        }
        assert (schema.TensorType.INT8 in kinds) == (name in (NUMBERS["int8"], NUMBERS["dynamic"]))


def test_as_many_weights_are_left_out_as_the_answers_bear(exported, tmp_path) -> None:
    folder, images, served = exported
    path = tmp_path / "model.pruned.onnx"
    share = write_pruned(folder / "model.onnx", path, images)
    assert 0.05 < share < 0.9
    assert (open_file(path)(images).argmax(axis=1) == served.predict(images).argmax(axis=1)).all()
    assert path.stat().st_size == (folder / "model.onnx").stat().st_size
    assert compressed_bytes(path) < (1 - share / 2) * compressed_bytes(folder / "model.onnx")


def test_a_saved_model_has_each_weight_once(exported) -> None:
    folder, *_ = exported
    weights = (folder / "model.keras").stat().st_size
    assert (folder / "model.saved_model.zip").stat().st_size < 1.5 * weights


def test_an_operation_that_phones_lack_is_refused_by_name(exported) -> None:
    folder, *_ = exported
    said = (folder / "refused.txt").read_text()
    assert said.startswith("TensorFlow Lite has no built-in operation for what this network needs:")
    assert "Erfinv" in said
    assert not (folder / "refused.tflite").exists()


def test_a_file_runs_in_a_process_of_its_own(exported) -> None:
    folder, images, served = exported
    with FileProcess(folder / "model.onnx", images[0].shape, 3) as file:
        np.testing.assert_array_equal(file.predict(images[:5]), served.predict(images[:5]))
    with FileProcess(folder / "model.onnx", images[0].shape, 3, one_core=True) as file:
        assert 0 < file.milliseconds(images[:2]) < 5000
    broken = folder / "broken.tflite"
    broken.write_bytes(b"no model")
    with FileProcess(broken, images[0].shape, 3) as file, pytest.raises(ExportFailed):
        file.predict(images[:5])


# It loads TensorFlow twice.
@pytest.mark.slow
@pytest.mark.parametrize(("one_core", "threads"), [(False, 0), (True, 1)])
def test_tensorflow_has_one_core_only_where_it_is_timed(exported, one_core, threads) -> None:
    """Of its own it has as many threads as there are cores, which it calls 0."""
    folder, images, served = exported
    np.save(folder / "five.npy", images[:5])
    program = (
        "import pathlib, numpy, tensorflow as tf\n"
        "from classifier.engine.formats.runners import open_file\n"
        f"folder = pathlib.Path({str(folder)!r})\n"
        f"run = open_file(folder / 'model.saved_model.zip', one_core={one_core})\n"
        "numpy.save(folder / 'answers.npy', run(numpy.load(folder / 'five.npy')))\n"
        "print(tf.config.threading.get_intra_op_parallelism_threads())"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(told.stdout.split()[-1]) == threads
    received = np.load(folder / "answers.npy")
    np.testing.assert_allclose(received, served.predict(images[:5]), atol=1e-5)


def test_a_process_that_is_killed_for_memory_is_told_as_that(exported) -> None:
    folder, images, _ = exported
    # What the kernel does to it, before its first answer.
    killed = Program(module="tests.classifier.registry.killed")
    with (
        FileProcess(folder / "model.onnx", images[0].shape, 3, killed) as file,
        pytest.raises(OutOfMemory, match="took more memory than this worker has"),
    ):
        file.predict(images[:5])


def test_the_documentation_has_a_program_for_every_format() -> None:
    assert [name for name in FORMATS if f"`{name}`" not in PAGE] == []
    named = dict(zip(SCRIPTS, ("onnx", "tflite", "keras", "saved_model"), strict=True))
    assert list(SCRIPTS) == ["ONNX", "TensorFlow Lite", "Keras", "SavedModel"]
    assert {title: program_of(FORMATS[name]) for title, name in named.items()} == SCRIPTS


@pytest.mark.parametrize(
    "title",
    [
        "ONNX",
        "TensorFlow Lite",
        # These load TensorFlow.
        pytest.param("Keras", marks=pytest.mark.slow),
        pytest.param("SavedModel", marks=pytest.mark.slow),
    ],
)
def test_the_script_of_the_documentation_runs(exported, tmp_path, title) -> None:
    folder, _, served = exported
    for path in folder.glob("model*"):
        shutil.copy(path, tmp_path)
    with zipfile.ZipFile(tmp_path / "model.saved_model.zip") as archive:
        archive.extractall(tmp_path / "model")
    Image.new("RGB", (60, 40), (220, 30, 30)).save(tmp_path / "photo.jpg")
    told = subprocess.run(
        [sys.executable, "-c", SCRIPTS[title]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    name, probability = told.stdout.split()
    size = served.views[0].size
    expected = served.predict(np.full((1, size, size, 3), (220, 30, 30), np.uint8))[0]
    assert (name, served.class_names[expected.argmax()]) == ("red", "red")
    assert float(probability) == pytest.approx(expected.max(), abs=0.02)

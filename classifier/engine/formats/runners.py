"""Exported files, each opened as a program outside Loupe would. In a process of their own."""

import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.engine.formats.said import IMAGE, PROBABILITIES
from classifier.engine.samples import Pixels

Floats = npt.NDArray[np.float32]
# Images in, as ``views.joined`` has them; probabilities (n, classes) out.
Runner = Callable[[Pixels], Floats]


def open_file(path: Path, *, one_core: bool = False) -> Runner:
    """Return what answers from an exported file, by the end of its name.

    TensorFlow calculates on all cores, unless ``one_core``; the others always on one.
    """
    if one_core and path.name.endswith(_OF_TENSORFLOW):
        _on_one_core()
    return next(opened for end, opened in _RUNNERS.items() if path.name.endswith(end))(path)


def _onnx(path: Path) -> Runner:
    from classifier.engine.runtime.predictor import Predictor

    return Predictor.load(path).predict


def _web_page(path: Path) -> Runner:
    # The page's own runtime runs in a browser; the file that it runs is the same.
    from classifier.engine.formats.web_page import model_of_page
    from classifier.engine.runtime.predictor import Predictor

    return Predictor.of(model_of_page(path)).predict


def _on_one_core() -> None:
    """Have TensorFlow calculate on one core in this process."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def _keras(path: Path) -> Runner:
    import keras

    model = keras.saving.load_model(path, compile=False)
    return lambda images: np.asarray(model.predict_on_batch(images))


def _saved_model(path: Path) -> Runner:
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        loaded = tf.saved_model.load(folder)

    def run(images: Pixels) -> Floats:
        # A signature ends with what was loaded.
        serve = loaded.signatures["serving_default"]
        answers: Floats = serve(**{IMAGE: tf.constant(images)})[PROBABILITIES].numpy()
        return answers

    return run


def _tflite(path: Path) -> Runner:
    from ai_edge_litert.interpreter import Interpreter

    answer = Interpreter(str(path), num_threads=1).get_signature_runner()
    return lambda images: np.concatenate(
        [answer(**{IMAGE: image[None]})[PROBABILITIES] for image in images]
    )


_OF_TENSORFLOW = (".keras", ".saved_model.zip")
_RUNNERS: dict[str, Callable[[Path], Runner]] = {
    ".onnx": _onnx,
    ".html": _web_page,
    ".keras": _keras,
    ".saved_model.zip": _saved_model,
    ".tflite": _tflite,
}

"""The formats that a model version is exported in."""

from dataclasses import dataclass

from classifier.engine.formats.facts import KERAS_FILE, ONNX_FILE
from classifier.engine.measure.export_parity import FLOAT, ROUNDED, Tolerance

# Browsers hold the file as text, as bytes and as a session at once.
WEB_PAGE_MOST_BYTES = 256 << 20


@dataclass(frozen=True, kw_only=True)
class ExportFormat:
    """One format.

    ``file`` is the name of what is made, ``word`` says what it is for. ``of_network`` says that it
    is made of a network of Keras, which not every version has; ``chosen`` that numbers of it are
    chosen with images, on which it must not be measured; ``one_square`` that its model may see no
    more than one square of an image; ``most_bytes`` how large the served file may be;
    ``tolerance`` how far its answers may be from that one's.
    """

    name: str
    title: str
    file: str
    word: str
    of_network: bool = True
    chosen: bool = False
    one_square: bool = False
    most_bytes: int | None = None
    tolerance: Tolerance = FLOAT


_ALL = (
    ExportFormat(
        name="onnx",
        title="ONNX",
        file=ONNX_FILE,
        word="The file that answers here. ONNX Runtime runs it on servers, desktops and phones, "
        "and PyTorch, OpenVINO, TensorRT and Core ML tools begin with it.",
        of_network=False,
    ),
    ExportFormat(
        name="onnx_pruned",
        title="ONNX, pruned",
        file="model.pruned.onnx",
        word="As many of the smallest weights are left out as its answers bear. It is as fast and "
        "as large as before, but its zip is smaller: for downloads.",
        of_network=False,
        chosen=True,
        tolerance=ROUNDED,
    ),
    ExportFormat(
        name="web_page",
        title="Web page",
        file="model.html",
        word="One file that classifies pictures and what a camera sees in any browser, without a "
        "network and without Loupe. It resizes, too. The figures are those of the ONNX file in it, "
        "outside a browser.",
        of_network=False,
        one_square=True,
        most_bytes=WEB_PAGE_MOST_BYTES,
    ),
    ExportFormat(
        name="keras",
        title="Keras",
        file=KERAS_FILE,
        word="For going on in Keras: to look into the network, or to train it further.",
    ),
    ExportFormat(
        name="saved_model",
        title="TensorFlow SavedModel",
        file="model.saved_model.zip",
        word="For TensorFlow Serving and programs of TensorFlow. Unpack it first.",
    ),
    ExportFormat(
        name="tflite",
        title="TensorFlow Lite",
        file="model.tflite",
        word="For phones and small boards, in float32: the same answers, no smaller.",
    ),
    ExportFormat(
        name="tflite_float16",
        title="TensorFlow Lite, float16",
        file="model.float16.tflite",
        word="Weights of 16 bits: half the size, and fast on the GPUs of phones.",
        tolerance=ROUNDED,
    ),
    ExportFormat(
        name="tflite_dynamic",
        title="TensorFlow Lite, dynamic range",
        file="model.dynamic.tflite",
        word="Weights of 8 bits: a quarter of the size. It calculates with 8-bit integers where "
        "that helps.",
        tolerance=ROUNDED,
    ),
    ExportFormat(
        name="tflite_int8",
        title="TensorFlow Lite, int8",
        file="model.int8.tflite",
        word="Weights and numbers in between of 8 bits: a quarter of the size, and quick on "
        "phones. The scaling of the image, the answer, and layers without an operation of 8 bits "
        "are float32.",
        chosen=True,
        tolerance=ROUNDED,
    ),
)
FORMATS = {each.name: each for each in _ALL}
NAMES = tuple(FORMATS)

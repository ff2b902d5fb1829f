"""Look at a foreign model's file before it is kept: what needs neither HDF5 nor Keras."""

from typing import BinaryIO, NamedTuple

from django.conf import settings

from classifier.engine.foreign.architecture import read_architecture
from classifier.engine.foreign.errors import ForeignRefused, NotKeras, strange_is_refused
from classifier.engine.foreign.package import read_package
from classifier.engine.foreign.scaling import Input
from classifier.engine.foreign.stated import Stated, read_keras_version, read_stated
from classifier.engine.foreign.stating import check_classes, check_size, remarks
from common.errors import DomainError, TooLarge, Unprocessable, UnsupportedMediaType


class Inspected(NamedTuple):
    """What the file says; `size` is the side of the images that go in."""

    stated: Stated
    keras_version: str
    size: int
    remarks: list[str]


def inspect_file(stream: BinaryIO, size: int, class_names: list[str], given: Input) -> Inspected:
    """Return what a file of `size` bytes says, checked against what the person states.

    Raises `TooLarge`, `UnsupportedMediaType` for another format, `Unprocessable` for a file that
    breaks a rule or does not fit; the sentence names the entry or the layer.
    """
    most = int(settings.MODEL_IMPORT_MAX_BYTES)
    if size > most:
        raise TooLarge(
            f"A model's file may have {most / (1 << 30):.4g} GiB ({most:,} bytes); this one has "
            f"{size:,}.",
            hint="Save it without its optimizer: model.save('model.keras') after "
            "keras.Model(model.inputs, model.outputs).",
        )
    try:
        package = read_package(stream, most, with_weights=False)
        version = read_keras_version(package.metadata)
        with strange_is_refused():
            stated = read_stated(read_architecture(package.config))
            side = check_size(stated, given.size)
            check_classes(stated.outputs, class_names)
    except ForeignRefused as error:
        raise refusal(error) from error
    return Inspected(stated, version, side, remarks(stated, given))


def refusal(error: ForeignRefused) -> DomainError:
    """Return the error of a request that the engine's refusal is."""
    kind = UnsupportedMediaType if isinstance(error, NotKeras) else Unprocessable
    return kind(error.detail, code=error.code, hint=error.hint)

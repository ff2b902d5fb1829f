"""A model file whose classes are called otherwise; nothing else of it changes."""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

from classifier.engine.errors import BadModelFile
from classifier.engine.formats.facts import KERAS_FILE, METADATA_ENTRY, ONNX_FILE, ONNX_METADATA

RENAMEABLE = (ONNX_FILE, KERAS_FILE)


def write_renamed(source: Path, target: Path, class_names: Sequence[str]) -> None:
    """Write ``source``, one of ``RENAMEABLE``, to ``target`` with these class names.

    They stand in the order of the network's outputs, as many as it has. Raises BadModelFile for a
    file that carries no names of Loupe's.
    """
    if source.suffix == ".onnx":
        _onnx(source, target, class_names)
    else:
        _keras(source, target, class_names)


def _onnx(source: Path, target: Path, class_names: Sequence[str]) -> None:
    import onnx

    model = onnx.load(str(source))
    entries = [entry for entry in model.metadata_props if entry.key == ONNX_METADATA]
    if not entries:
        raise BadModelFile("The model file carries no class names: Loupe did not write it.")
    entries[0].value = _renamed(entries[0].value, class_names)
    onnx.save(model, str(target))


def _keras(source: Path, target: Path, class_names: Sequence[str]) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        if METADATA_ENTRY not in old.namelist():
            raise BadModelFile("The model file carries no class names: Loupe did not write it.")
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == METADATA_ENTRY:
                content = _renamed(content.decode(), class_names).encode()
            new.writestr(entry, content)


def _renamed(facts: str, class_names: Sequence[str]) -> str:
    values = json.loads(facts)
    if len(values["class_names"]) != len(class_names):
        raise BadModelFile(
            f"The file has {len(values['class_names'])} classes; {len(class_names)} names were "
            "given."
        )
    return json.dumps({**values, "class_names": list(class_names)}, ensure_ascii=False)

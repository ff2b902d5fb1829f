"""The GPUs that processes of ours may use, found without a library of theirs."""

import os
import re
import subprocess
from contextlib import suppress

# As CUDA_VISIBLE_DEVICES and `nvidia-smi -L` name them: numbers, or names that hold for ever.
_NAME = re.compile(r"\d{1,3}|(GPU|MIG)-[0-9A-Za-z/-]+")
_LISTED = re.compile(r"^(\s*).*\(UUID: ((?:GPU|MIG)-[0-9A-Za-z/-]+)\)\s*$")
_LIST_SECONDS = 20
# TensorFlow takes memory as it needs it, not all there is.
_GROWTH = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}
# Numbers mean those of nvidia-smi, not "the fastest first".
NVIDIA_SMI_ORDER = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def read_gpus(text: str) -> list[str] | None:
    """Return the devices that the operator names ("0,1", names of nvidia-smi, "none"); None: "".

    Raises `ValueError` for what names no device, and for a device that is named twice.
    """
    words = [word.strip() for word in text.split(",")]
    if words == [""]:
        return None
    if words == ["none"]:
        return []
    for word in words:
        if not _NAME.fullmatch(word):
            raise ValueError(
                "LOUPE_GPUS names GPUs by number or as `nvidia-smi -L` does, with commas between "
                f'them, or is "none"; received {word!r}.'
            )
    if len(set(words)) < len(words):
        raise ValueError(f"LOUPE_GPUS names a GPU twice: {text!r}.")
    return words


def read_gpu(text: str) -> str:
    """Return the device that predictions are calculated on, empty for none.

    Raises `ValueError` for what names no device, or several.
    """
    word = text.strip()
    if word and not _NAME.fullmatch(word):
        raise ValueError(
            "LOUPE_PREDICT_GPU names one GPU by number or as `nvidia-smi -L` does; received "
            f"{text!r}."
        )
    return word


def gpus_of_machine(named: list[str] | None) -> list[str]:
    """Return the devices that jobs may use: those `named`, else all that NVIDIA's driver lists.

    A device that is divided (MIG) counts as its parts. Where CUDA_VISIBLE_DEVICES is set already,
    that is the list.
    """
    if named is not None:
        return named
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [word for word in visible.split(",") if _NAME.fullmatch(word)]
    with suppress(OSError, subprocess.TimeoutExpired):
        listed = subprocess.run(
            ["nvidia-smi", "-L"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIST_SECONDS,
            check=False,
        )
        if listed.returncode == 0:
            return read_list(listed.stdout)
    return []


def read_list(text: str) -> list[str]:
    """Return the devices in what `nvidia-smi -L` wrote; the parts of a divided one in its stead."""
    found: list[str] = []
    whole = ""
    for line in text.splitlines():
        if match := _LISTED.match(line):
            indent, name = match.groups()
            if not indent:
                whole = name
            elif found and found[-1] == whole:
                found.pop()
            found.append(name)
    return found


def variables_for(gpu: str | None) -> dict[str, str]:
    """Return the environment of a process that may use this device, or none of them (None)."""
    if gpu is None:
        return {"CUDA_VISIBLE_DEVICES": ""}
    return {"CUDA_VISIBLE_DEVICES": gpu, **_GROWTH}

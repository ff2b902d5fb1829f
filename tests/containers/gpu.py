"""What the image `loupe-worker-gpu` has for GPUs, as far as a machine without one can tell."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from typing import Any

from tests.containers.engine import docker
from tests.servers import REPOSITORY_DIR

IMAGE = "loupe-worker-gpu"
# As the compose file starts it, but without a network.
_BARE = ("--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL")
# Runs in the image. A library that a file opens is looked for in the file's own RUNPATH.
_PROGRAM = r"""
import ctypes, json, os, re, subprocess, sys, sysconfig
LIBRARIES = [  # what TensorFlow 2.21 opens where a GPU is
    "libcudart.so.12", "libcublas.so.12", "libcublasLt.so.12", "libcufft.so.11",
    "libcusolver.so.11", "libcusparse.so.12", "libcudnn.so.9", "libcupti.so.12", "libnccl.so.2",
]
ask = "import tensorflow as tf; print(tf.__version__, tf.config.list_physical_devices('GPU'))"
done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
packages = sysconfig.get_path("purelib")
folders = set()
for name in ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2"):
    with open(f"{packages}/tensorflow/{name}", "rb") as file:
        paths = re.findall(rb"\$ORIGIN/[^\0]*nvidia/[^\0]*", file.read())
    for folder in b":".join(paths).decode().split(":"):
        folders.add(os.path.normpath(folder.replace("$ORIGIN", f"{packages}/tensorflow")))
found = {name: [f for f in folders if os.path.exists(f"{f}/{name}")] for name in LIBRARIES}
errors = []
for name, places in found.items():
    try:
        ctypes.CDLL(f"{places[0]}/{name}" if places else name)
    except OSError as error:
        errors.append(str(error))
cuda = packages + "/nvidia/cuda_nvcc"
ptxas = subprocess.run([f"{cuda}/bin/ptxas", "--version"], capture_output=True, text=True)
print(json.dumps({
    "tensorflow": done.stdout.strip(),
    "said": re.findall(r"[^\]]*cuInit.*|.*GPU will not.*", done.stderr),
    "missing": [name for name, places in found.items() if not places], "errors": errors,
    "ptxas": ptxas.stdout.strip().splitlines()[-1:],
    "libdevice": os.path.exists(f"{cuda}/nvvm/libdevice/libdevice.10.bc"),
}))
"""
# Runs in the image beside the tests, of which it takes a training as workers run it.
_TRAINING = """
import json
from pathlib import Path
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from tests.classifier.engine.trainer import train_as_told
source, samples = load_digits(), []
for number in range(1000):
    path = f"/tmp/{number}.png"
    Image.fromarray((source.images[number] * 255 / 16).astype(np.uint8)).save(path)
    samples.append((path, int(source.target[number])))
job = {
    "preset": "cnn_tiny", "config": {"epochs": 6, "image_size": 16, "seed": 3},
    "class_names": [str(digit) for digit in range(10)],
    "train": samples[:800], "validation": samples[800:],
    "output_dir": "/tmp/model", "checkpoint_dir": "/tmp/checkpoints",
    "backbones_dir": "/tmp/backbones", "measured_dir": "/tmp/measured",
    "events": "/tmp/events.jsonl", "result": "/tmp/result.json",
}
Path("/tmp/job.json").write_text(json.dumps(job))
train_as_told("/tmp/job.json")
print(json.dumps(json.loads(Path("/tmp/result.json").read_text())))
"""


def check_cuda() -> Iterator[tuple[str, bool]]:
    """Yield what is claimed of CUDA's libraries in the image, and whether it is so."""
    seen: dict[str, Any] = json.loads(
        docker("run", *_BARE, "--entrypoint", "python", IMAGE, "-c", _PROGRAM)
    )
    version, _, gpus = seen["tensorflow"].partition(" ")
    yield f"TensorFlow {version} is imported and lists {gpus} as GPUs", gpus == "[]"
    said = seen["said"][0].strip() if seen["said"] else "nothing"
    yield f"it says: {said}", bool(seen["said"])
    missing = seen["missing"]
    yield f"CUDA's libraries are where TensorFlow's files look {missing or ''}", not missing
    yield f"each of them opens, with all that it needs {seen['errors'] or ''}", not seen["errors"]
    yield f"ptxas runs: {' '.join(seen['ptxas'])}", bool(seen["ptxas"])
    yield "libdevice is beside it", seen["libdevice"]
    yield f"a container that asks for a GPU: {_asked_for_gpu()}", True


def _asked_for_gpu() -> str:
    """Return what the engine, or nvidia-smi, says of a container that asks for all GPUs."""
    words = ["docker", "run", *_BARE, "--gpus", "all", "--entrypoint", "nvidia-smi", IMAGE, "-L"]
    done = subprocess.run(words, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip().splitlines()[0]


def check_training() -> Iterator[tuple[str, bool]]:
    """Yield whether the engine trains in the image: digits, on this machine's processors."""
    here = ("--volume", f"{REPOSITORY_DIR / 'tests'}:/proof/tests:ro", "--workdir", "/proof")
    shown = docker("run", *_BARE, *here, "--entrypoint", "python", IMAGE, "-c", _TRAINING)
    accuracy = json.loads(shown.splitlines()[-1])["metrics"]["val_accuracy"]
    yield f"trained on processors: accuracy {accuracy:.3f} on validation", accuracy > 0.5


def check_doctor() -> Iterator[tuple[str, bool]]:
    """Yield what `manage.py doctor` says in the image of a machine that has no GPU."""
    nowhere = {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "DATABASE_URL": "postgres://loupe@127.0.0.1:1/loupe",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "LOUPE_DATA_DIR": "/tmp/data",
    }
    given = [word for name, value in nowhere.items() for word in ("--env", f"{name}={value}")]
    doctor = ("-m", "manage", "doctor", "--role", "worker", "--json")
    words = ["docker", "run", *_BARE, *given, "--entrypoint", "python", IMAGE, *doctor]
    done = subprocess.run(words, capture_output=True, text=True)
    findings = json.loads(done.stdout)["findings"]
    [gpus] = [each for each in findings if each["part"] == "gpus"]
    yield f"doctor, {gpus['level']}: {gpus['what']} {gpus['why']}", gpus["level"] == "warning"
    faults = {each["part"] for each in findings if each["level"] == "fault"}
    yield (
        f"its faults are those of servers that are not there: {sorted(faults)}",
        ("files" not in faults),
    )

"""Which GPUs trainings here may use, and whether TensorFlow has CUDA's libraries for them."""

from collections.abc import Iterator
from ctypes.util import find_library
from importlib.util import find_spec

from django.conf import settings

from config.doctor.finding import Finding, Level
from programs.gpus import gpus_of_machine

PART = "gpus"
ON_PROCESSORS = "Trainings run on processors."


def look_at_gpus() -> Iterator[Finding]:
    """Yield what trainings on this machine run on."""
    gpus = gpus_of_machine(settings.GPUS)
    seen = "GPUs are here" if settings.GPUS is None else "LOUPE_GPUS names GPUs"
    if gpus and not _has_cuda():
        yield Finding(
            PART,
            Level.WARNING,
            f"{seen} ({', '.join(gpus)}), and CUDA's libraries are not here.",
            ON_PROCESSORS,
            "Use the image loupe-worker-gpu, or install what docker/requirements-gpu.lock names.",
        )
    elif gpus:
        whether = "" if settings.GPUS is None else " Whether they are here, `nvidia-smi -L` says."
        yield Finding(PART, Level.OK, f"{seen}: trainings run on {', '.join(gpus)}.{whether}")
    elif settings.GPUS is None and _has_cuda():
        yield Finding(
            PART,
            Level.WARNING,
            "CUDA's libraries are here, and no GPU is seen.",
            ON_PROCESSORS,
            "Look whether `nvidia-smi -L` lists one here. A container sees GPUs by NVIDIA's "
            "container toolkit, if it is started with them (`--gpus all`). LOUPE_GPUS=none says "
            "that none is wanted.",
        )
    else:
        yield Finding(PART, Level.OK, "Trainings run on processors: no GPU is used here.")


def _has_cuda() -> bool:
    """Whether cuDNN is among the packages, where TensorFlow looks first, or on the system."""
    try:
        in_packages = find_spec("nvidia.cudnn") is not None
    except ModuleNotFoundError:
        in_packages = False
    return in_packages or find_library("cudnn") is not None

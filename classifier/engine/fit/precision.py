"""Which numbers a network trains in: measured once on each kind of machine. For trainers alone.

A CPU may know bfloat16 and be no faster with it, or not know it and emulate it, so neither its
flags nor its name decide: a few steps in both do.
"""

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import tensorflow as tf

from classifier.engine.files import write_synced
from classifier.engine.presets.config import Precision

# So much faster it has to be, for it costs some exactness.
_LEAST_GAIN = 1.1
_TURNS = 5
_IMAGES, _SIDE, _CHANNELS = 32, 24, 64


@dataclass(frozen=True)
class Measured:
    """Seconds of a step in each precision: of the processor, or with an accelerator of a clock."""

    float32: float
    bfloat16: float

    @property
    def gain(self) -> float:
        """How many times as fast as float32 bfloat16 is."""
        return self.float32 / self.bfloat16

    @property
    def faster(self) -> Precision:
        """What to train in."""
        return "bfloat16" if self.gain >= _LEAST_GAIN else "float32"


def measured(folder: Path | None) -> Measured:
    """Return what was measured on this kind of machine, as ``folder`` keeps it; else measure.

    Takes a second or two, and draws no random number. Without a folder nothing is kept.
    """
    path = folder / f"precision-{_machine()}.json" if folder else None
    if path is not None:
        try:
            return Measured(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            pass
    found = _measure()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        write_synced(part, json.dumps(asdict(found)).encode())
        part.replace(path)
    return found


def _machine() -> str:
    devices = [
        tf.config.experimental.get_device_details(device).get("device_name", device.name)
        for device in tf.config.list_physical_devices("GPU")
    ]
    facts = [tf.__version__, platform.machine(), _processor(), os.cpu_count(), *devices]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _processor() -> str:
    """Return the processor's name and flags, where the system tells them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = ("model name", "cpu family", "model", "stepping", "flags", "Features")
    return "\n".join(sorted({line for line in lines if line.split("\t")[0].strip() in names}))


def _measure() -> Measured:
    # Beside other work a clock tells how busy the machine is; of a GPU only a clock tells.
    clock = time.perf_counter if tf.config.list_physical_devices("GPU") else time.process_time
    steps = {dtype: _step(dtype) for dtype in (tf.float32, tf.bfloat16)}
    seconds: dict[Any, list[float]] = {dtype: [] for dtype in steps}
    for step in steps.values():
        step()
    for _ in range(_TURNS):
        for dtype, step in steps.items():
            started = clock()
            step()
            seconds[dtype].append(clock() - started)
    return Measured(median(seconds[tf.float32]), median(seconds[tf.bfloat16]))


def _step(dtype: Any) -> Callable[[], float]:
    """Return a step of two convolutions, normalized; weights are float32 as in a training."""
    numbers = np.linspace(-1, 1, _IMAGES * _SIDE * _SIDE * _CHANNELS, dtype=np.float32)
    images = tf.constant(numbers.reshape(_IMAGES, _SIDE, _SIDE, _CHANNELS))
    kernel = tf.constant(np.resize(numbers, (3, 3, _CHANNELS, _CHANNELS)) * 0.05)
    ones, zeros = tf.ones([_CHANNELS]), tf.zeros([_CHANNELS])

    @tf.function(autograph=False)
    def gradients() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            x = tf.cast(images, dtype)
            for _ in range(2):
                x = tf.nn.conv2d(x, tf.cast(kernel, dtype), 1, "SAME")
                x, *_ = tf.raw_ops.FusedBatchNormV3(
                    x=x, scale=ones, offset=zeros, mean=zeros[:0], variance=zeros[:0]
                )
                x = tf.nn.relu(x)
            loss = tf.reduce_mean(tf.cast(x, tf.float32) ** 2)
        return tf.reduce_sum(tape.gradient(loss, kernel))

    return lambda: float(gradients())

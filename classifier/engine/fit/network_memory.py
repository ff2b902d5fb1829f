"""What a step of a Keras network takes, and the memory that it runs in. For trainers alone."""

import math
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from classifier.engine.fit.batch_size import UNKNOWN, Budget, Cost, choose, machine_budget
from classifier.engine.fit.fitting import Fitting

# Weights, their gradients, two slots of the optimizer, the best so far, the network that is served.
_COPIES = 6


def settle_batch_size(fitting: Fitting[Any], network: keras.Model, most: int) -> None:
    """Decide how many images a step takes, unless an earlier attempt has; tell the observer.

    ``most`` is how many images an epoch shows at most. Raises OutOfMemory where what the settings
    say cannot fit.
    """
    state = fitting.state
    if state.batch_size:
        return
    budget = accelerator_budget() or machine_budget(fitting.memory_bytes)
    asked, own = fitting.config.batch_size, fitting.own_batch_size
    chosen = choose(asked, own, most, cost_of(network), budget)
    state.batch_size, state.batch_why = chosen.images, chosen.why
    if chosen.images != asked:
        fitting.watch.observer.stage(f"Steps of {chosen.images} images. {chosen.why}")


def cost_of(network: keras.Model) -> Cost:
    """Return what a training step of the network takes: of its weights and layers' outputs."""
    image = sum(_bytes_of(layer) for layer in _layers(network))
    return Cost(network.count_params() * 4 * _COPIES, image)


def accelerator_budget() -> Budget | None:
    """Return what is free on the GPU that this process trains on; None without one.

    The driver's own program is asked, because TensorFlow tells what it has taken alone.
    """
    if not tf.config.list_physical_devices("GPU"):
        return None
    words = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    if chosen := os.environ.get("CUDA_VISIBLE_DEVICES"):
        words.append(f"--id={chosen}")
    try:
        told = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout
        free = min(int(line) for line in told.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return Budget(UNKNOWN, "a GPU whose driver does not say what is free")
    return Budget(free << 20, "the GPU's free memory")


def _layers(network: keras.Model) -> Iterator[Any]:
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def _bytes_of(layer: Any) -> int:
    outputs = layer.output if isinstance(layer.output, list | tuple) else [layer.output]
    found = sum(math.prod(each.shape[1:]) * _width(each.dtype) for each in outputs)
    if isinstance(layer, keras.layers.MultiHeadAttention):
        # Each place is compared with each other one; the shares are kept too.
        places = math.prod(outputs[0].shape[1:-1])
        found += 2 * layer.num_heads * places**2 * _width(outputs[0].dtype)
    return int(found)


def _width(dtype: Any) -> int:
    return 2 if "16" in str(dtype) else 4

"""The optimizer, the loss and the order of images of a run, as functions of Keras and NumPy."""

from classifier.engine.fit.schedules import START_SHARE
from classifier.engine.fit.script.number import number
from classifier.engine.fit.steps import CLIP_NORM
from classifier.engine.presets.config import TrainingConfig

_OPTIMIZERS = {"adamw": "AdamW", "adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop"}


def optimizer_text(config: TrainingConfig) -> str:
    """Return the function ``optimizer`` (rate, steps, epochs), and a class where it needs one."""
    kind, decay = _OPTIMIZERS[config.optimizer], config.weight_decay
    penalised = bool(decay) and config.optimizer != "adamw"
    options = [f"momentum={number(config.momentum)}"] if config.optimizer == "sgd" else []
    if config.optimizer == "adamw":
        options.append(f"weight_decay={number(decay)}")
    if not penalised:
        options.append(f"global_clipnorm={CLIP_NORM}")
    text = _PENALTY.format(kind=kind, norm=CLIP_NORM, decay=number(decay)) if penalised else ""
    text += "\n\ndef optimizer(rate, steps, epochs):\n"
    text += '    """Return the optimizer of a stage of so many epochs, each of so many steps."""\n'
    text += _schedule(config)
    made = "Penalised" if penalised else f"keras.optimizers.{kind}"
    text += f"    found = {made}({', '.join(['schedule', *options])})\n"
    if config.optimizer == "adamw":
        text += '    found.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])\n'
    return text + "    return found\n"


def _schedule(config: TrainingConfig) -> str:
    if config.schedule == "step":
        return (
            f'    falls = {{"decay_rate": {number(config.decay_factor)}, "staircase": True}}\n'
            "    schedule = keras.optimizers.schedules.ExponentialDecay(\n"
            f"        rate, {config.decay_epochs} * steps, **falls\n"
            "    )\n"
        )
    if config.schedule != "cosine":
        return "    schedule = rate\n"
    if not config.warm_up:
        return "    schedule = keras.optimizers.schedules.CosineDecay(rate, steps * epochs)\n"
    return (
        f"    rising = max(1, round(steps * epochs * {number(config.warm_up)}))\n"
        "    schedule = keras.optimizers.schedules.CosineDecay(\n"
        f"        rate / {number(1 / START_SHARE)},\n"
        "        max(1, steps * epochs - rising),\n"
        "        warmup_target=rate,\n"
        "        warmup_steps=rising,\n"
        "    )\n"
    )


_PENALTY = '''

class Penalised(keras.optimizers.{kind}):
    """{kind} with weight decay as an L2 penalty, added once the gradients are clipped."""

    def apply(self, grads, trainable_variables=None):
        variables = trainable_variables or self._trainable_variables
        norm = ops.sqrt(sum(ops.sum(ops.square(each)) for each in grads))
        grads = [each * {norm} / ops.maximum(norm, {norm}) for each in grads]
        decayed = [not any(part in each.name for part in UNDECAYED) for each in variables]
        grads = [
            grad + {decay} * each if is_decayed else grad
            for grad, each, is_decayed in zip(grads, variables, decayed)
        ]
        super().apply(grads, variables)


UNDECAYED = ("bias", "gamma", "beta")
'''


def loss_text(config: TrainingConfig) -> str:
    """Return the function ``loss_for`` (labels): the loss, for a train split of these labels."""
    weighted, smoothing = config.balance == "class_weights", config.label_smoothing
    if not weighted and not config.focal_gamma:
        return (
            "\n\ndef loss_for(labels):\n"
            '    """Return cross-entropy in nats."""\n'
            "    return keras.losses.CategoricalCrossentropy("
            f"from_logits=True, label_smoothing={number(smoothing)})\n"
        )
    text = (
        '\n\ndef loss_for(labels):\n    """Return the loss for a train split of these labels."""\n'
    )
    text += _WEIGHTS.replace("COUNTS", _counts(config)) if weighted else ""
    text += "\n    def loss(targets, logits):\n"
    if smoothing:
        spread = number(smoothing)
        text += f"        targets = targets * (1 - {spread}) + {spread} / len(CLASSES)\n"
    text += "        targets = targets * weights\n" if weighted else ""
    text += "        logarithms = ops.log_softmax(logits)\n"
    if config.focal_gamma:
        # As ``target.Loss`` has it.
        text += (
            "        missed = ops.maximum(1 - ops.exp(logarithms), 1e-6)\n"
            f"        targets = targets * missed**{number(config.focal_gamma)}  # the focal loss\n"
        )
    return text + "        return -ops.sum(targets * logarithms, axis=1)\n\n    return loss\n"


def _counts(config: TrainingConfig) -> str:
    return "counts + missing_of(labels)" if config.synthetic else "counts"


_WEIGHTS = """\
    counts = np.bincount(labels, minlength=len(CLASSES))
    counts = COUNTS
    weights = counts.sum() / ((counts > 0).sum() * np.maximum(counts, 1))
    weights = np.where(counts > 0, weights, 1).astype("float32")
"""


def order_text(config: TrainingConfig) -> str:
    """Return the function ``order_of`` (labels, epoch): which images an epoch shows, in order."""
    if config.balance == "balanced_sampling":
        return _BALANCED
    if config.synthetic:
        return _WITH_COPIES.replace("SHARE", f"{number(config.synthetic)}")
    return _PLAIN_ORDER


_PLAIN_ORDER = '''

def order_of(labels, epoch):
    """Return the places of an epoch's images, mixed by the seed."""
    return np.random.default_rng((SEED, epoch)).permutation(len(labels))
'''
_BALANCED = '''

def order_of(labels, epoch):
    """Return the places of an epoch's images, mixed by the seed: of each class equally many."""
    random = np.random.default_rng((SEED, epoch))
    present = np.unique(labels)
    each, parts = -(-len(labels) // len(present)), []
    for index in present:
        places = np.flatnonzero(labels == index)
        rounds = -(-each // len(places))
        mixed = np.concatenate([random.permutation(places) for _ in range(rounds)])
        parts.append(mixed[:each])
    return random.permutation(np.concatenate(parts))[: len(labels)]
'''
_WITH_COPIES = '''

def missing_of(labels):
    """Return how many copies, changed at random, each class gets: rare classes are filled up."""
    counts = np.bincount(labels, minlength=len(CLASSES))
    wanted = np.ceil(counts.max() * SHARE).astype(int)
    return np.where(counts > 0, np.maximum(wanted - counts, 0), 0)


def order_of(labels, epoch):
    """Return the places of an epoch's images, copies among them, mixed by the seed."""
    random, missing = np.random.default_rng((SEED, epoch)), missing_of(labels)
    if not missing.any():
        return random.permutation(len(labels))
    copies = [
        random.choice(np.flatnonzero(labels == index), number)
        for index, number in enumerate(missing)
        if number
    ]
    return random.permutation(np.concatenate([np.arange(len(labels)), *copies]))
'''


def train_text(config: TrainingConfig, *, twin: bool, last_epoch: int | None) -> str:
    """Return the functions ``measured`` and ``train``: one stage of the training.

    With ``twin`` the network computes in bfloat16 and its twin in float32 measures. After
    ``last_epoch``, if there is one, the training ends: the run was ended there.
    """
    text = _TRAIN
    replaced = {
        "CHANGED": _CHANGED if config.augmentations.any else "",
        "FALLS": _PLATEAU.format(config.decay_epochs, number(config.decay_factor))
        if config.schedule == "plateau"
        else "",
        "PATIENCE": _PATIENCE.format(config.early_stopping_patience)
        if config.early_stopping_patience
        else "",
        "MODEL": "twin" if twin else "model",
        "TAKES": ", *, epochs, rate, so_far, batch=BATCH"
        + (", changes=False" if config.augmentations.any else "")
        + (", twin" if twin else ""),
        "TWINNED": "        twin.set_weights(model.get_weights())\n" if twin else "",
        "ENDED": f"        if epoch > {last_epoch}:\n            break  # here the run was ended\n"
        if last_epoch is not None
        else "",
    }
    for mark, part in replaced.items():
        text = text.replace(f"<{mark}>", part)
    return text


_CHANGED = """\
            if changes:
                inputs, targets = changed(inputs, targets, epoch, step)
"""
_PLATEAU = """\
        if waited and waited % {0} == 0:
            falls = float(model.optimizer.learning_rate) * {1}
            model.optimizer.learning_rate = falls
"""
_PATIENCE = """\
        if waited >= {0}:
            print("No lower validation loss for {0} epochs.")
            break
"""
_TRAIN = '''

def measured(model, images, labels):
    """Return mean cross-entropy (nats) and accuracy."""
    logits = model.predict(images, batch_size=64, verbose=0)
    logarithms = np.asarray(ops.log_softmax(logits))
    loss = -logarithms[np.arange(len(labels)), labels].mean()
    return float(loss), float((logits.argmax(axis=1) == labels).mean())


def train(model, images, labels, validation<TAKES>):
    """Train for some epochs, and leave the model with the weights of the best one so far.

    `so_far` counts the epochs of all stages, and knows how good the best one was.
    """
    batch = min(batch, len(order_of(labels, 1)))
    steps = len(order_of(labels, 1)) // batch
    model.compile(optimizer(rate, steps, epochs), loss_for(labels), jit_compile=False)
    best, best_here, waited = model.get_weights(), None, 0
    for epoch in range(so_far["epochs"] + 1, so_far["epochs"] + epochs + 1):
<ENDED><PATIENCE>        # A short last batch is left out; in the next epoch it is another one.
        order = order_of(labels, epoch)[: steps * batch]
        model.reset_metrics()
        for step, places in enumerate(np.split(order, steps), start=1):
            inputs, targets = images[places], np.eye(len(CLASSES), dtype="float32")[labels[places]]
<CHANGED>            loss = model.train_on_batch(inputs, targets)
<TWINNED>        so_far["epochs"] = epoch
        text, rank = f"epoch {epoch}: loss {loss:.4f}", (epoch, 0.0)
        if len(validation[1]):
            val_loss, val_accuracy = measured(<MODEL>, *validation)
            text, rank = f"{text}, val_loss {val_loss:.4f}", (-val_loss, val_accuracy)
        print(text, flush=True)
        waited += 1
        if best_here is None or rank > best_here:
            best_here, waited = rank, 0
        if so_far["rank"] is None or rank > so_far["rank"]:
            best, so_far["rank"] = model.get_weights(), rank
<FALLS>    model.set_weights(best)
'''

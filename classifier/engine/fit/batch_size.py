"""How many images a step takes: as the settings say, or as many as the memory holds."""

import resource
from dataclasses import dataclass
from pathlib import Path

from classifier.engine.errors import OutOfMemory
from classifier.engine.fit.memory import told_bytes

# Of what is there: others on the machine, and the estimate, may need the rest.
_SHARE = 0.6
# Bytes that a step keeps for each byte that the layers give. Resident memory at two batch sizes:
# EfficientNet-Lite0 0.36, resnet_small 0.71, cnn_small 0.83, compact_transformer 1.55.
MOST, LEAST = 2.0, 0.3
# Where nothing says how much there is.
UNKNOWN = 1 << 60
_CGROUP = Path("/sys/fs/cgroup")
_MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True)
class Budget:
    """The bytes that a training may take; ``of`` names whose memory it is."""

    bytes: int
    of: str


@dataclass(frozen=True)
class Cost:
    """What a step of a network takes: ``fixed`` bytes, and ``image`` bytes of layers' outputs."""

    fixed: int
    image: int

    def of(self, images: int, factor: float = MOST) -> int:
        """Return the bytes of a step of so many images."""
        return int(self.fixed + images * self.image * factor)


@dataclass(frozen=True)
class BatchChoice:
    """How many images a step takes, and in a sentence why."""

    images: int
    why: str


def choose(asked: int | str, own: int, most: int, cost: Cost, budget: Budget) -> BatchChoice:
    """Return the batch size: the one ``asked`` for, or of ``auto`` the largest that fits.

    ``auto`` takes the preset's ``own``, which suits its learning rate, or a half of it, a quarter,
    and so on. ``most`` is how many images an epoch shows: no batch holds more. Raises OutOfMemory
    where what was asked for cannot fit, naming what would.
    """
    wanted = min(own if isinstance(asked, str) else asked, most)
    fitting = _largest(wanted, cost, budget)
    if isinstance(asked, int):
        if cost.of(wanted, LEAST) > budget.bytes:
            raise _too_large(wanted, fitting, cost, budget)
        if wanted < asked:
            return BatchChoice(wanted, all_there_are(asked))
        return BatchChoice(asked, "As the settings say.")
    if not fitting:
        raise _too_large(1, 0, cost, budget)
    return BatchChoice(fitting, _why(fitting, wanted, own, cost, budget))


def all_there_are(asked: int) -> str:
    """Return why a step takes fewer images than the settings ask for."""
    return f"All there are to learn from; the settings say {asked:,}."


def _why(chosen: int, wanted: int, own: int, cost: Cost, budget: Budget) -> str:
    name = "The preset's own" if wanted == own else f"All there are, for the preset's own {own}"
    if budget.bytes >= UNKNOWN:
        return f"{name}: it is not known how much memory there is."
    need, there = _gigabytes(cost.of(chosen)), f"{_gigabytes(budget.bytes)} of {budget.of}"
    if chosen == wanted:
        return f"{name}: {'it takes' if wanted == own else 'they take'} up to {need} of {there}."
    what = f"The preset's own {own}" if wanted == own else f"All {wanted} there are"
    would = _gigabytes(cost.of(wanted))
    return f"{what} would take up to {would}; {chosen} take up to {need} of {there}."


def machine_budget(stated: int | None) -> Budget:
    """Return what this process may take: what the operator states, else what is free here."""
    if stated is not None:
        return Budget(stated, "the memory that trainings get here (LOUPE_TRAINING_MEMORY_BYTES)")
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    limit = soft if soft != resource.RLIM_INFINITY else UNKNOWN
    return Budget(min(limit, _free(), _left_in_group()), "this worker's free memory")


def _largest(most: int, cost: Cost, budget: Budget) -> int:
    """Return ``most`` or the largest half, quarter, … of it that fits; 0 where not even one."""
    images = most
    while images and cost.of(images) > _SHARE * budget.bytes:
        images //= 2
    return images


def _too_large(asked: int, fitting: int, cost: Cost, budget: Budget) -> OutOfMemory:
    allowed = (
        f"batch_size {fitting} would fit, and auto chooses one."
        if fitting
        else "Choose a smaller image size or another preset."
    )
    return OutOfMemory(
        f"A step of {asked:,} image{'s' * (asked != 1)} takes {_gigabytes(cost.of(asked, LEAST))} "
        f"or more; there are {_gigabytes(budget.bytes)} of {budget.of}.",
        allowed,
    )


def _free() -> int:
    free = told_bytes(_MEMORY, "MemAvailable")
    return UNKNOWN if free is None else free


def _left_in_group() -> int:
    """Return what the container may still take (control groups, version 2).

    Its files in memory do not count, the cached pixels among them: the kernel drops them at need.
    """
    try:
        most = (_CGROUP / "memory.max").read_text().strip()
        stat = dict(line.split() for line in (_CGROUP / "memory.stat").read_text().splitlines())
        used = int((_CGROUP / "memory.current").read_text())
        used -= int(stat["active_file"]) + int(stat["inactive_file"])
    except (OSError, ValueError, KeyError):
        return UNKNOWN
    return UNKNOWN if most == "max" else max(0, int(most) - used)


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.2g} GB" if count < 1e11 else f"{count / 1e9:,.0f} GB"

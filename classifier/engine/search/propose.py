"""The next settings of a short search on one preset, for who keeps the trials itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from classifier.engine.errors import InvalidConfig
from classifier.engine.presets.registry import PRESETS
from classifier.engine.search.space import config_of
from classifier.engine.search.study import Past, ask, lies_in
from classifier.engine.search.usual import default_space

# Proposals that the preset does not take together are drawn once more.
_TRIES = 20


def propose(
    *,
    preset: str,
    done: Sequence[tuple[Mapping[str, Any], float | None]],
    base: Mapping[str, Any] | None = None,
    trials: int = 15,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the settings that a search of ``trials`` would try next, in the default space.

    ``done`` are all settings of each trial before and its value (greater is better, None: it
    failed), in the order of their numbers; ``base`` what stays (None: the preset's defaults), which
    is also the first proposal of all. Raises InvalidConfig.
    """
    chosen = PRESETS[preset]
    around = chosen.config(base or {}).to_dict()
    if not done:
        return around
    space = default_space(chosen, around)
    past = [
        Past(params, value)
        for values, value in done
        if (params := lies_in(space, values)) is not None
    ]
    for again in range(_TRIES):
        asked = ask(
            space,
            sampler="tpe",
            seed=seed,
            number=len(done),
            trials=trials,
            past=past,
            again=again,
        )
        try:
            return config_of(chosen, around, asked.params).to_dict()
        except InvalidConfig:
            if again == _TRIES - 1:
                raise
    raise AssertionError("unreachable")

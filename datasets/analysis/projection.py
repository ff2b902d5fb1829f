"""The map: all images of a set in two dimensions, similar ones near each other."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from openTSNE import TSNE
from openTSNE.affinity import Uniform
from openTSNE.initialization import jitter, rescale
from threadpoolctl import threadpool_limits

Points = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]

DIMENSIONS = 50
_NEIGHBOURS = 15
_EARLY_STEPS, _LATER_STEPS = 250, 500
_REPORTED = 10
_FEWEST = 5
_EXACT = 3000  # images up to which exact neighbours and forces are no slower


@dataclass(frozen=True)
class Projection:
    """Where each image lies on the map: ``points`` float32 (n, 2), each -1..1; ``method`` how."""

    points: Points
    method: str


def project(
    components: npt.NDArray[np.float32], *, seed: int = 0, progress: Progress | None = None
) -> Projection:
    """Return the map of embeddings, given by their first components; equal for equal arguments.

    ``components`` (n, DIMENSIONS or fewer): principal components, those that vary most first.

    t-SNE (van der Maaten and Hinton 2008; started from the components as in Kobak and Berens 2019,
    repulsion interpolated as in Linderman et al. 2019) with the same attraction between each image
    and its 15 nearest, which gives the map of perplexity 30 or so for half the time and memory
    (Böhm, Berens and Kobak 2022). Fewer than five images are laid out by their first two
    components. ``progress`` is called with (steps done, steps) and may raise to stop the work.
    """
    if len(components) < _FEWEST or np.ptp(components, axis=0).max() < 1e-3:
        points = np.zeros((len(components), 2), np.float32)
        points[:, : components.shape[1]] = components[:, :2]
        return Projection(_scaled(points), "PCA")
    small = len(components) <= _EXACT
    # One thread: sums that are split otherwise from run to run would give another map.
    affinities = Uniform(
        components,
        k_neighbors=min(_NEIGHBOURS, len(components) - 1),
        method="exact" if small else "annoy",
        symmetrize="max",
        random_state=seed,
        n_jobs=1,
    )
    tsne = TSNE(
        early_exaggeration_iter=_EARLY_STEPS,
        n_iter=_LATER_STEPS,
        negative_gradient_method="bh" if small else "fft",
        random_state=seed,
        n_jobs=1,
        callbacks=_Steps(progress) if progress is not None else None,
        callbacks_every_iters=_REPORTED,
    )
    start = jitter(rescale(components[:, :2]), random_state=seed)
    with threadpool_limits(1):
        points = np.asarray(tsne.fit(affinities=affinities, initialization=start))
    return Projection(_scaled(points), "t-SNE")


class _Steps:
    """Turns openTSNE's callback, whose steps restart at 0 in the second phase, into progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0

    def __call__(self, step: int, error: float, points: object) -> None:
        self._done += _REPORTED
        self._progress(self._done, _EARLY_STEPS + _LATER_STEPS)


def _scaled(points: Points) -> Points:
    """Return the points centred and scaled alike along both axes into -1..1."""
    if not len(points):
        return points
    lowest, highest = points.min(axis=0), points.max(axis=0)
    reach = float((highest - lowest).max()) / 2 or 1.0
    return np.clip((points - (lowest + highest) / 2) / reach, -1, 1).astype(np.float32)

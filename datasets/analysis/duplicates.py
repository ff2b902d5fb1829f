"""Near duplicates: the same picture resized, recompressed, mirrored or cropped a little."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.analysis.alignment import agreement
from datasets.analysis.fingerprint import THUMBNAIL_SIDE, Thumbnails
from datasets.analysis.groups import Group, groups_by_pairs

# Chosen on CIFAR-10 and the animals set with planted copies; tests/bench/analysis_duplicates.py
# measures what they find. Copies agree to 0.97 and more;
# between 0.92 and 0.96 stand the same object photographed again and smooth skies and seas.
SAME_PICTURE = 0.965
_CANDIDATE = 0.72

_FREQUENCIES = 8
_BLANK = 2.0  # grey levels of deviation below which a thumbnail shows nothing to compare
_ROWS = 128  # 60,000 cosines each: 30 MB
_MOST_PER_IMAGE = 32
_PAIRS = 256

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class NearDuplicates:
    """What ``near_duplicates`` found.

    - ``groups``: images that are copies of one another, directly or through a third;
    - ``pairs``: int64 (p, 2), the compared pairs that are copies, lower index first;
    - ``agreements``: float32 (p,), how far each pair agrees, SAME_PICTURE..1.
    """

    groups: list[Group]
    pairs: npt.NDArray[np.int64]
    agreements: npt.NDArray[np.float32]


def near_duplicates(thumbnails: Thumbnails, *, progress: Progress | None = None) -> NearDuplicates:
    """Return the groups of (nearly) the same picture among thumbnails, uint8 (n, 32, 32).

    Candidates are found by the cosine of low-frequency cosine-transform coefficients, as in pHash
    (Zauner 2010) but not reduced to bits, and all pairs are compared by matrix products: exact, and
    about ten seconds for 60,000. Each candidate is then aligned and compared in detail. Images with
    equal thumbnails are copies at once. Blank images have no near duplicates.

    ``progress`` is called with (images done, images) and may raise to stop the work.
    """
    distinct, first_of, number_of = _distinct(thumbnails)
    found, scores = [_repeats(first_of, number_of)], []
    scores.append(np.ones(len(found[0]), np.float32))
    shown = np.flatnonzero(_deviations(distinct) >= _BLANK)
    for done, candidates in _candidates(distinct[shown]):
        rows, columns = shown[candidates[:, 0]], shown[candidates[:, 1]]
        agreed = _agreements(distinct, rows, columns, candidates[:, 2].astype(bool))
        same = agreed >= SAME_PICTURE
        found.append(np.stack([first_of[rows[same]], first_of[columns[same]]], axis=1))
        scores.append(agreed[same])
        if progress is not None:
            progress(done, len(shown))
    pairs = np.sort(np.concatenate(found), axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    pairs, agreements = pairs[order], np.concatenate(scores)[order]
    return NearDuplicates(groups_by_pairs(pairs, len(thumbnails)), pairs, agreements)


def _distinct(
    thumbnails: Thumbnails,
) -> tuple[Thumbnails, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the thumbnails without repeats, the first index of each, and each image's number."""
    rows = np.ascontiguousarray(thumbnails).reshape(len(thumbnails), THUMBNAIL_SIDE**2)
    whole = rows.view(np.dtype((np.void, rows.shape[1])))[:, 0]
    _, first_of, number_of = np.unique(whole, return_index=True, return_inverse=True)
    return thumbnails[first_of], first_of, number_of


def _deviations(thumbnails: Thumbnails) -> npt.NDArray[np.float64]:
    # In blocks: NumPy would hold all pixels as float64, 500 MB for 60,000 thumbnails.
    blocks = [thumbnails[start : start + 1024] for start in range(0, len(thumbnails), 1024)]
    return np.concatenate([np.empty(0), *(block.std(axis=(1, 2)) for block in blocks)])


def _repeats(
    first_of: npt.NDArray[np.int64], number_of: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    first = first_of[number_of]
    repeated = np.flatnonzero(first != np.arange(len(first)))
    return np.stack([first[repeated], repeated], axis=1)


def _candidates(thumbnails: Thumbnails) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    """Yield (images done, candidates (p, 3): row, column > row, whether the column is mirrored).

    Mirroring a picture changes the sign of its odd horizontal frequencies and nothing else, so one
    pair of products, even and odd, gives the cosine to a picture and to its mirror image.
    """
    even, odd = _low_frequencies(thumbnails)
    for start in range(0, len(thumbnails), _ROWS):
        rows = slice(start, start + _ROWS)
        cosines = odd[rows] @ odd[start:].T
        np.abs(cosines, out=cosines)
        cosines += even[rows] @ even[start:].T
        # Each pair once: the block on the diagonal counts only above it.
        height = len(cosines)
        cosines[:, :height][np.tril_indices(height)] = -1
        row, column = _strongest(cosines)
        row, column = row + start, column + start
        mirrored = np.einsum("pi,pi->p", odd[row], odd[column]) < 0
        yield start + height, np.stack([row, column, mirrored], axis=1)


def _strongest(
    cosines: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where the cosines reach the threshold, at most _MOST_PER_IMAGE in a row.

    The cap keeps memory bounded where thousands of images are alike, such as a still camera's.
    """
    reached = cosines >= _CANDIDATE
    for row in np.flatnonzero(reached.sum(axis=1) > _MOST_PER_IMAGE):
        reached[row] = False
        reached[row, np.argpartition(cosines[row], -_MOST_PER_IMAGE)[-_MOST_PER_IMAGE:]] = True
    row_of, column_of = np.nonzero(reached)
    return row_of.astype(np.int64), column_of.astype(np.int64)


def _low_frequencies(
    thumbnails: Thumbnails,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return weighted DCT coefficients, together of length 1: even (n, 31) and odd (n, 32)."""
    frequency = np.arange(_FREQUENCIES)
    position = (np.arange(THUMBNAIL_SIDE) + 0.5) / THUMBNAIL_SIDE
    basis = np.cos(np.pi * frequency[:, None] * position).astype(np.float32)
    basis[0] /= np.sqrt(2)
    # The spectrum of pictures falls with frequency; the weights let fine layout count as well.
    weights = np.sqrt(np.hypot(frequency[:, None], frequency)).astype(np.float32)
    spectrum = np.empty((len(thumbnails), _FREQUENCIES, _FREQUENCIES), np.float32)
    for start in range(0, len(thumbnails), 1024):
        rows = slice(start, start + 1024)
        spectrum[rows] = basis @ thumbnails[rows].astype(np.float32) @ basis.T * weights
    spectrum /= np.linalg.norm(spectrum, axis=(1, 2), keepdims=True)
    half = _FREQUENCIES**2 // 2
    even = spectrum[:, :, ::2].reshape(len(spectrum), half)[:, 1:]  # without the mean
    odd = spectrum[:, :, 1::2].reshape(len(spectrum), half)
    return np.ascontiguousarray(even), np.ascontiguousarray(odd)


def _agreements(
    thumbnails: Thumbnails,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    mirrored: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float32]:
    agreed = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        second = thumbnails[columns[part]].astype(np.float32)
        turned = mirrored[part]
        second[turned] = second[turned, :, ::-1]
        agreed[part] = agreement(thumbnails[rows[part]].astype(np.float32), second)
    return agreed

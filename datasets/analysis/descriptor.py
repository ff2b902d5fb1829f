"""The small descriptor: what stands in for a backbone's embedding when no weights are at hand."""

import numpy as np
import numpy.typing as npt

from datasets.analysis.fingerprint import COLOUR_CELLS, THUMBNAIL_SIDE, Thumbnails

DESCRIPTOR_NAME = "loupe-descriptor-1"
_CELLS = COLOUR_CELLS
_ORIENTATIONS = 6
DESCRIPTOR_SIZE = _CELLS * _CELLS * (_ORIENTATIONS + 3)

_ANGLES = np.arange(_ORIENTATIONS) * np.pi / _ORIENTATIONS
_DIRECTIONS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1).astype(np.float32)
_COLOUR_WEIGHT = 0.5
_CHUNK = 128  # images whose gradients stay in the processor's cache


def describe(thumbnails: Thumbnails, colours: npt.NDArray[np.uint8]) -> npt.NDArray[np.float16]:
    """Return descriptors (n, DESCRIPTOR_SIZE) from fingerprints' thumbnails and colours.

    ``thumbnails``: uint8 (n, 32, 32); ``colours``: uint8 (n, 4, 4, 3). In a grid of 4×4 cells:
    energies of the gradient in six orientations (histograms of oriented gradients, Dalal and Triggs
    2005, with soft bins), square-rooted, centred and scaled to length 1; and the mean colour.
    Compare descriptors by cosine; they tell scenes and outlines apart rather than what is shown.
    """
    described = np.empty((len(thumbnails), DESCRIPTOR_SIZE), np.float16)
    for start in range(0, len(thumbnails), _CHUNK):
        part = slice(start, start + _CHUNK)
        outlines = _outlines(thumbnails[part].astype(np.float32))
        tints = (colours[part].reshape(-1, 3 * _CELLS * _CELLS) / 255 - 0.5) / _CELLS
        described[part] = np.concatenate([outlines, _COLOUR_WEIGHT * tints], axis=1)
    return described


def _outlines(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    strength = np.sqrt(across * across + down * down)
    # The fourth power of the cosine to each direction, times the gradient's length.
    scale = 1 / (strength * strength * strength + 1.0)
    energies = np.empty((len(grey), _ORIENTATIONS, _CELLS, _CELLS), np.float32)
    for orientation, (cosine, sine) in enumerate(_DIRECTIONS):
        along = across * cosine + down * sine
        along *= along
        along *= along
        energies[:, orientation] = _per_cell(along * scale)
    flat = np.sqrt(energies.reshape(len(grey), -1))
    # Without the centring two textures without any outline would be the nearest of all.
    flat -= flat.mean(axis=1, keepdims=True)
    return flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1.0)


def _per_cell(plane: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    side = THUMBNAIL_SIDE // _CELLS
    rows = plane.reshape(-1, THUMBNAIL_SIDE, _CELLS, side).sum(axis=3, dtype=np.float32)
    return rows.reshape(-1, _CELLS, side, _CELLS).sum(axis=2) / side**2

"""An ensemble's file: its members' graphs, and what makes one answer of theirs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from onnx import helper

from classifier.engine.errors import ExportFailed
from classifier.engine.files import written_whole
from classifier.engine.formats.classic.builder import FLOAT, GraphBuilder
from classifier.engine.formats.combination import Combination, add_combination
from classifier.engine.formats.facts import ONNX_METADATA, ModelFacts
from classifier.engine.formats.merged import Merged
from classifier.engine.outcome import Parity
from classifier.engine.runtime.predictor import ANSWERS, MEMBERS, Predictor, read_verified
from classifier.engine.runtime.views import Views, joined, parted
from classifier.engine.samples import Pixels
from classifier.engine.target import Scores

PRESET = "ensemble"
# The members' sums are those of their own files; the combination is a few sums more.
ENSEMBLE_TOLERANCE = 1e-5


def merged(files: Sequence[tuple[Path, str | None]]) -> Merged:
    """Return the graphs of model files as one; each path comes with the SHA-256 it must have.

    Raises BadModelFile, and ValueError where their classes differ.
    """
    found = Merged()
    for path, sha256 in files:
        found.add(read_verified(path, sha256))
    return found


def write_ensemble(graphs: Merged, combination: Combination, path: Path) -> None:
    """Write the file: the answers first, then those of each member (n, members, classes)."""
    top = GraphBuilder("ensemble")
    middle = top.indices([1])
    each = [top.node("Unsqueeze", name, middle) for name in graphs.answers]
    top.named(top.node("Concat", *each, axis=1), MEMBERS)
    top.named(add_combination(top, combination, MEMBERS), ANSWERS)
    members, classes = len(graphs.answers), len(graphs.class_names)
    graph = helper.make_graph(
        [*graphs.nodes, *top.nodes],
        "ensemble",
        graphs.inputs,
        [
            helper.make_tensor_value_info(ANSWERS, FLOAT, ["n", classes]),
            helper.make_tensor_value_info(MEMBERS, FLOAT, ["n", members, classes]),
        ],
        [*graphs.constants, *top.constants],
    )
    first, *more = graphs.views
    facts = ModelFacts(
        class_names=graphs.class_names,
        image_size=first.size,
        fit=first.fit,
        preset=PRESET,
        more_views=tuple(more),
    )
    proto = graphs.model(graph)
    helper.set_model_props(proto, {ONNX_METADATA: facts.to_json()})
    with written_whole(path) as part:
        part.write_bytes(proto.SerializeToString(deterministic=True))


def check_ensemble(
    path: Path, members: Sequence[Predictor], combination: Combination, images: Pixels
) -> Parity:
    """Return how far the file's answers are from the members' own, combined in NumPy.

    ``images`` are a few as the ensemble takes them. Raises ExportFailed past
    ``ENSEMBLE_TOLERANCE``.
    """
    ensemble = Predictor.load(path)
    own = answers_of(members, ensemble.views, images)
    received, inside = ensemble.predict_with_members(images)
    difference = max(
        float(np.abs(inside - own).max()), float(np.abs(combination.predict(own) - received).max())
    )
    if not difference <= ENSEMBLE_TOLERANCE:
        raise ExportFailed(
            "The ensemble's answers may differ from those of its members by up to "
            f"{ENSEMBLE_TOLERANCE:g}; they differ by {difference:g}."
        )
    return {
        "max_abs_difference": difference,
        "tolerance": ENSEMBLE_TOLERANCE,
        "images": len(images),
    }


def answers_of(members: Sequence[Predictor], views: Views, images: Pixels) -> Scores:
    """Return what each member answers by itself (n, members, classes), in the first one's order.

    ``images`` are as a model of these ``views`` takes them, which are all of the members'.
    """
    found = []
    for member in members:
        order = [member.class_names.index(name) for name in members[0].class_names]
        found.append(member.predict(seen_by(member.views, views, images))[:, order])
    return np.stack(found, axis=1)


def seen_by(wanted: Views, views: Views, images: Pixels) -> Pixels:
    """Return of images of ``views`` those that a model of some of them takes."""
    parts = dict(zip(views, parted(images, views), strict=True))
    return np.ascontiguousarray(joined([parts[view] for view in wanted]))

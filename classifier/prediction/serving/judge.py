"""What the model process says about one image: classes, and what else a request asks for."""

from collections.abc import Generator
from typing import NamedTuple, Self

from classifier.engine import target
from classifier.engine.explain.explainer import Explainer
from classifier.engine.explain.heat_map import heat_map
from classifier.engine.explain.methods import Wish
from classifier.engine.runtime.answer import Evidence, Fault, HeatMap, ImageResult
from classifier.engine.runtime.decider import Decider
from classifier.engine.runtime.head_predictor import Answering
from classifier.engine.samples import Pixels
from classifier.engine.target import Scores
from classifier.prediction.serving.frames import Header

_NO_DECISION = Fault(
    code="no_decision", detail="The decision of this version was taken away at this moment."
)
_NO_VECTORS = Fault(
    code="no_vectors", detail="The file that answers gives no vectors to compare with others."
)


class Explaining(NamedTuple):
    """What explains a model's answers, and which heat-map is wanted."""

    explainer: Explainer
    wish: Wish


class Judge(NamedTuple):
    """A model, and the rule that decides on its answers, for the requests of one kind.

    `set_least`, `evidence` and `each_class` as in `mailbox.Request`; `explaining` where a heat-map
    is wanted, `clean` where the file without its metadata is.
    """

    predictor: Answering
    decider: Decider | None
    top_k: int
    set_least: float | None
    evidence: int
    each_class: bool = False
    explaining: Explaining | None = None
    clean: bool = False

    @classmethod
    def of(
        cls,
        predictor: Answering,
        decider: Decider | None,
        header: Header,
        explainer: Explainer | None = None,
    ) -> Self:
        """Return what answers a request; with an `explainer` where it says `explain`."""
        asked = header.get("set_least"), header.get("evidence", 0), header.get("each_class", False)
        explaining = None
        if explainer is not None:
            explaining = Explaining(explainer, Wish(**header["explain"]))
        clean = header.get("clean", False)
        return cls(predictor, decider, header["top_k"], *asked, explaining, clean)

    def result(self, pixels: Pixels) -> ImageResult:
        """Return the answer about an image (image_size, image_size, 3)."""
        predictor, decider = self.predictor, self.decider
        names = predictor.class_names
        if decider is None and (self.set_least is not None or self.evidence):
            return ImageResult(fault=_NO_DECISION)
        if decider is None:
            probabilities = predictor.predict([pixels])[0]
            return ImageResult(
                answer=target.answer(probabilities, names, self.top_k),
                probabilities=self._all(probabilities),
            )
        vector = None
        if predictor.has_vectors and (decider.needs_vectors or self.evidence):
            answers, vectors = predictor.predict_with_vectors(pixels[None])
            probabilities, vector = answers[0], vectors[0]
        else:
            probabilities = predictor.predict([pixels])[0]
        verdict = decider.verdict(probabilities, vector)
        chosen = None
        if self.set_least is not None:
            chosen = target.answer_set(probabilities, names, self.set_least)
        evidence = None
        if self.evidence:
            if vector is None or not decider.has_references:
                return ImageResult(fault=_NO_VECTORS)
            evidence = Evidence.of(*decider.nearest(vector, self.evidence))
        return ImageResult(
            answer=target.answer(probabilities, names, self.top_k, verdict),
            answer_set=chosen,
            evidence=evidence,
            probabilities=self._all(probabilities),
        )

    def _all(self, probabilities: Scores) -> tuple[float, ...] | None:
        return tuple(probabilities.tolist()) if self.each_class else None

    def heat_map(
        self, explaining: Explaining, pixels: Pixels, image: Pixels, best: str
    ) -> Generator[None, None, HeatMap]:
        """Return the heat-map of an image whose most probable class is `best`.

        `image` is the whole of it (height, width, 3). Yields where others may have their turn.
        """
        explainer, wish = explaining
        return heat_map(self.predictor, explainer, wish, pixels, image, best)

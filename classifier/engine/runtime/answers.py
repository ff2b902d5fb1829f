"""What a model and a rule say about many images at a time."""

from classifier.engine import target
from classifier.engine.runtime.decider import Decider
from classifier.engine.runtime.head_predictor import Answering
from classifier.engine.samples import Pixels
from classifier.engine.target import ImageAnswer


def answers_of(
    predictor: Answering, decider: Decider | None, top_k: int, pixels: Pixels
) -> list[ImageAnswer]:
    """Return the answers about images (n, …), as ``views.joined`` has them, in their order.

    Each has its ``top_k`` classes, and a decision where there is a ``decider``.
    """
    if not len(pixels):
        return []
    vectors = None
    if decider is not None and predictor.has_vectors and decider.needs_vectors:
        answers, vectors = predictor.predict_with_vectors(pixels)
    else:
        answers = predictor.predict(pixels)
    found = []
    for place, probabilities in enumerate(answers):
        vector = vectors[place] if vectors is not None else None
        verdict = decider.verdict(probabilities, vector) if decider is not None else None
        found.append(target.answer(probabilities, predictor.class_names, top_k, verdict))
    return found

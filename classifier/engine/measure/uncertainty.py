"""How uncertain an answer is, for the order in which people are asked.

Margin sampling (Scheffer, Decomain and Wrobel, "Active Hidden Markov Models for Information
Extraction", 2001): the smaller the lead of the most probable class over the next, the more an
answer tells. It needs the two most probable classes alone, so it is the same figure for an answer
that kept its top five and for one that kept all classes; an entropy would not be.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_LEAST = 1e-12


def uncertainty_of_margins(
    margins: npt.ArrayLike, temperature: float = 1.0
) -> npt.NDArray[np.float64]:
    """Return the uncertainty, 0 (certain) to 1 (a toss-up), of leads in logits, each >= 0.

    Twice the calibrated probability of the second of the two classes, were there no others:
    2 / (1 + exp(margin / temperature)). ``temperature`` is what makes the model's answers as
    sure as right.
    """
    return 2 / (1 + np.exp(np.minimum(np.asarray(margins, np.float64) / temperature, 700)))


def uncertainty_of_answer(probabilities: Sequence[float], temperature: float = 1.0) -> float:
    """Return the uncertainty of an answer by its most probable classes' probabilities, falling.

    Of an answer that kept one class the next could have all the rest, or as much as the first: the
    uncertainty is the largest that can be. 1.0 for an answer that kept none.
    """
    if not probabilities:
        return 1.0
    first = max(probabilities[0], _LEAST)
    second = probabilities[1] if len(probabilities) > 1 else min(first, 1 - first)
    margin = np.log(first) - np.log(max(second, _LEAST))
    return float(uncertainty_of_margins(max(margin, 0.0), temperature))

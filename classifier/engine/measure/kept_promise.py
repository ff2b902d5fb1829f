"""Whether a promised precision still holds, asked as often as one likes while feedback comes."""

from dataclasses import dataclass
from math import exp, lgamma, log, log1p

# The chance that a promise that is kept is ever called broken.
ERROR = 0.05


@dataclass(frozen=True, kw_only=True)
class KeptPromise:
    """Of accepted answers that people checked, ``right`` and ``wrong``, against the ``promised``.

    ``evidence`` is the e-value against the promise: where it is kept, the chance that the evidence
    ever reaches 1 / e is e at most, however often one looks (Ville's inequality).
    """

    promised: float
    right: int
    wrong: int
    error: float = ERROR

    @property
    def checked(self) -> int:
        """How many answers people have checked."""
        return self.right + self.wrong

    @property
    def evidence(self) -> float:
        """The e-value: 1 before anything is known."""
        return exp(min(700.0, log_evidence(self.promised, self.right, self.wrong)))

    @property
    def broken(self) -> bool:
        """Whether the promise is to be withdrawn."""
        return self.evidence >= 1 / self.error


def log_evidence(promised: float, right: int, wrong: int) -> float:
    """Return the logarithm of the e-value against a precision of ``promised`` (0..1) or more.

    The likelihood of a precision drawn evenly from those below the promise, over that of the
    promise itself (Robbins, "Statistical methods related to the law of the iterated logarithm",
    1970). For each lower precision the ratio is a supermartingale where the promise is kept, and so
    is their mean.
    """
    checked = right + wrong
    beta = lgamma(right + 1) + lgamma(wrong + 1) - lgamma(checked + 2)
    base = (right + 1) * log(promised) + wrong * log1p(-promised)
    return beta + _log_tail(wrong, checked + 1, 1 - promised) - base


def _log_tail(most: int, total: int, rate: float) -> float:
    """Return the logarithm of the chance of at most ``most`` of ``total``, each with a ``rate``.

    With the beta function before it, it is the incomplete one, from 0 to the promise.
    """
    whole, yes, no = lgamma(total + 1), log(rate), log1p(-rate)
    terms = [
        whole - lgamma(k + 1) - lgamma(total - k + 1) + k * yes + (total - k) * no
        for k in range(most + 1)
    ]
    highest = max(terms)
    return highest + log(sum(exp(term - highest) for term in terms))

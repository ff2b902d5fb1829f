"""Why a foreign model is not taken."""

from collections.abc import Iterator
from contextlib import contextmanager

from classifier.engine.errors import EngineError

HOW_TO_SAVE = 'Save the model with Keras 3 as `model.save("model.keras")` and bring that file.'


class ForeignRefused(EngineError):
    """A file that breaks a rule, or a network that Loupe cannot serve."""


class NotKeras(ForeignRefused):
    """A file of another format: it is not opened."""

    def __init__(self, what: str, hint: str = HOW_TO_SAVE) -> None:
        super().__init__(
            "not_a_keras_file",
            f"Only files of the format .keras are opened; this is {what}.",
            hint,
        )


@contextmanager
def strange_is_refused() -> Iterator[None]:
    """Turn what a value of the wrong kind brings about into a refusal: a file may hold any."""
    try:
        yield
    except _STRANGE as error:
        raise ForeignRefused(
            "damaged_file", "config.json has a value of a kind that Keras does not write there."
        ) from error


_STRANGE = (
    TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError,
)  # fmt: skip

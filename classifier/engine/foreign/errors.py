"""Why a foreign model is not taken."""

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

"""What can go wrong in the engine, each with a stable code, a sentence, and what to do about it."""

from collections.abc import Sequence


class EngineError(Exception):
    """A failure that has a name.

    ``code`` is stable and for programs, ``detail`` says what happened, ``hint`` what to do.
    """

    def __init__(self, code: str, detail: str, hint: str = "") -> None:
        super().__init__(code, detail, hint)
        self.code = code
        self.detail = detail
        self.hint = hint

    def to_dict(self) -> dict[str, str]:
        """Return the three as JSON values; as keyword arguments they make the error again."""
        return {"code": self.code, "detail": self.detail, "hint": self.hint}

    def __str__(self) -> str:
        return f"{self.detail} {self.hint}".strip()


class InvalidConfig(EngineError):
    """Settings that the preset does not allow; ``errors`` lists ``(field, sentence)`` pairs."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        self.errors = list(errors)
        super().__init__("invalid_config", " ".join(sentence for _, sentence in self.errors))


class BadData(EngineError):
    """Samples that nothing can be learned from, or a file that went missing or broke."""

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__("bad_data", detail, hint)


class Diverged(BadData):
    """A training whose loss is no longer a number."""

    def __init__(self, epoch: int, rate: float, highest: float) -> None:
        at = f"{rate:g}" + ("" if rate == highest else f" there and {highest:g} at its highest")
        super().__init__(
            f"The training diverged: after epoch {epoch} its loss is no longer a number. The "
            f"learning rate was {at}.",
            "Choose a smaller learning rate.",
        )


class BadModelFile(EngineError):
    """A model file that is not the one that was registered, or not one that Loupe wrote."""

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__("bad_model_file", detail, hint)


class Unreadable(EngineError):
    """Stored values whose schema is of a later version, or that do not fit it."""

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__("unreadable", detail, hint)


class WeightsUnavailable(EngineError):
    """Pretrained weights that are neither on this machine nor within reach of it."""

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__("weights_unavailable", detail, hint)


class OutOfMemory(EngineError):
    """The machine or its accelerator has too little memory for this training."""

    def __init__(
        self,
        detail: str = "The training needed more memory than this worker has.",
        hint: str = "Choose a smaller batch size or image size, or a worker with more memory.",
    ) -> None:
        super().__init__("out_of_memory", detail, hint)


class DiskFull(EngineError):
    """The disk that holds checkpoints and model files has no room left."""

    def __init__(self) -> None:
        super().__init__(
            "disk_full",
            "The disk is full; nothing half-written was kept.",
            "Free some space on the worker's data folder, then start again.",
        )


class ExportFailed(EngineError):
    """The exported model does not answer as the trained one does."""

    def __init__(self, detail: str) -> None:
        super().__init__("export_failed", detail, "Please report this: it is a fault of Loupe.")


class TimeIsUp(EngineError):
    """The training reached its time limit before there was anything to keep.

    ``before`` says what had not happened yet.
    """

    def __init__(self, seconds: float, before: str = "its first epoch had ended") -> None:
        super().__init__(
            "timed_out",
            f"The training reached its time limit of {seconds:g} s before {before}.",
            "Give it more time, or choose fewer images, a smaller image size or a lighter preset.",
        )


class FinishAsked(EngineError):
    """The observer asked to finish before there was anything to keep."""

    def __init__(self) -> None:
        super().__init__(
            "finished_too_early",
            "The training was asked to finish before its first epoch had ended.",
            "Start it again, or resume it.",
        )


class Cancelled(EngineError):
    """The observer asked to stop."""

    def __init__(self) -> None:
        super().__init__("cancelled", "The work was cancelled.")

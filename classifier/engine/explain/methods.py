"""The ways to explain an answer, by name, and what may be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

CAM, GRAD_CAM, OCCLUSION = "cam", "grad_cam", "occlusion"
METHODS = (CAM, GRAD_CAM, OCCLUSION)
# Codes of what is refused: a class that the model has not, a method that it cannot do.
NO_SUCH_CLASS, CANNOT_EXPLAIN = "no_such_class", "cannot_explain"
TOO_SLOW = (
    "The heat-map took too long: this model answers slowly, or much else waits. Ask about one "
    "image at a time, or by another method."
)


def no_such_class(class_name: str, names: Sequence[str]) -> str:
    """Return the sentence about a class that a model has not."""
    shown = ", ".join(names[:50]) + (", …" if len(names) > 50 else "")
    return f"The model has no class {class_name!r}; its classes are {shown}."


@dataclass(frozen=True, kw_only=True)
class Wish:
    """An explanation that is asked for.

    ``method`` is one of ``METHODS``, empty for the best that a model can do; ``class_name`` the
    class that is explained, empty for the most probable one; ``overlay`` whether the heat is drawn
    over the image.
    """

    method: str = ""
    class_name: str = ""
    overlay: bool = False

"""The ways to explain an answer, by name, and what may be asked for."""

from dataclasses import dataclass

CAM, GRAD_CAM, OCCLUSION = "cam", "grad_cam", "occlusion"
METHODS = (CAM, GRAD_CAM, OCCLUSION)
# Codes of what is refused: a class that the model has not, a method that it cannot do.
NO_SUCH_CLASS, CANNOT_EXPLAIN = "no_such_class", "cannot_explain"


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

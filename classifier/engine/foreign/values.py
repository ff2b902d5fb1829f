"""The settings in a configuration: plain values within bounds, and the few objects allowed."""

import math
import re
from collections.abc import Callable
from typing import Any

from classifier.engine.foreign import limits
from classifier.engine.foreign.allowed import (
    ACTIVATIONS,
    CONSTRAINTS,
    INITIALIZERS,
    PRECISIONS,
    REGULARIZERS,
)
from classifier.engine.foreign.errors import ForeignRefused

Json = Any
# Words of settings: "same", "channels_last", "abc,cd->abd". Nothing that could name a place.
_WORD = re.compile(r"[A-Za-z0-9_,>.-]{0,60}")
_PLACES = re.compile(r"\.\.|/|\\|:")
_OBJECTS = {
    "keras.initializers": INITIALIZERS,
    "keras.regularizers": REGULARIZERS,
    "keras.constraints": CONSTRAINTS,
}
_OBJECT_KEYS = {"module", "class_name", "config", "registered_name", "shared_object_id"}


class Values:
    """Checks values and counts them. ``layer`` reads a layer that stands where an activation may.

    What is returned is made of what was checked alone.
    """

    def __init__(self, layer: Callable[[Json, int], Json]) -> None:
        self._layer = layer
        self._count = 0

    def plain(self, value: Json, where: str, depth: int = 0) -> Json:
        """Return numbers, words, nulls, and lists and objects of them; refuse all else."""
        self._count += 1
        if self._count > limits.VALUES or depth > limits.VALUE_DEPTH:
            raise refused("config_too_large", f"{where} is too large or nested too deeply.")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return _number(value, where)
        if isinstance(value, str):
            return _word(value, where)
        if isinstance(value, list):
            if len(value) > limits.LIST_LENGTH:
                raise refused(
                    "config_too_large", f"{where} has a list of {len(value):,} values; "
                    f"{limits.LIST_LENGTH:,} are allowed.",
                )  # fmt: skip
            return [self.plain(each, where, depth + 1) for each in value]
        if "class_name" in value:
            raise unknown_object(value, where)
        return {
            _word(str(name), where): self.plain(each, where, depth + 1)
            for name, each in value.items()
        }

    def setting(self, name: str, value: Json, where: str, depth: int) -> Json:
        """Return a layer's setting; activations and precisions come back as words."""
        if name in ("activation", "recurrent_activation"):
            return self._activation(value, where, depth)
        if name == "dtype":
            return precision(value, where)
        if isinstance(value, dict) and "class_name" in value:
            return self._object(value, where)
        if value == "channels_first":
            raise refused(
                "channels_first",
                f"{where} takes images with the channels first (channels_first); Loupe serves "
                "networks with the channels last.",
                "Save the network with keras.config.set_image_data_format('channels_last').",
            )
        return self.plain(value, where)

    def _activation(self, value: Json, where: str, depth: int) -> Json:
        if isinstance(value, dict) and value.get("class_name") == "function":
            if value.get("module") not in ("builtins", "keras.activations"):
                raise unknown_object(value, where)
            value = value.get("config")
        if isinstance(value, dict):
            return self._layer(value, depth + 1)
        if value is not None and value not in ACTIVATIONS:
            shown = str(value).encode("unicode_escape").decode()[:60]
            raise refused(
                "activation_not_allowed",
                f"{where} has the activation {shown}, which is none of Keras's: "
                f"{', '.join(sorted(ACTIVATIONS))}.",
            )
        return value

    def _object(self, value: Json, where: str) -> Json:
        """Check an initializer or its like; it is left out, as weights come from the file."""
        allowed = _OBJECTS.get(str(value.get("module")), frozenset())
        name = value.get("class_name")
        if name not in allowed or value.keys() - _OBJECT_KEYS:
            raise unknown_object(value, where)
        check_name(value, where)
        self.plain(value.get("config") or {}, where)
        return None


def precision(value: Json, where: str) -> str:
    """Return the number format of a layer in words; refuse one that is quantized or unknown."""
    if isinstance(value, dict):
        if value.get("class_name") not in ("DTypePolicy", "FloatDTypePolicy", "Policy"):
            raise unknown_object(value, where)
        config = value.get("config")
        value = config.get("name") if isinstance(config, dict) else None
    if value is not None and value not in PRECISIONS:
        shown = str(value).encode("unicode_escape").decode()[:60]
        raise refused(
            "precision_not_allowed",
            f"{where} calculates in {shown}; networks may be of {', '.join(sorted(PRECISIONS))}.",
            "Save the network before it is quantized.",
        )
    return value or "float32"


def check_name(value: Json, where: str) -> None:
    """Refuse an object of a person's own class, which only its code could make."""
    registered = value.get("registered_name")
    if registered not in (None, value.get("class_name")) and value["class_name"] != "function":
        shown = str(registered).encode("unicode_escape").decode()[:80]
        raise refused(
            "custom_object",
            f"{where} is an object of the author's own ({shown}), whose code is not in the file; "
            "only layers of Keras itself are allowed.",
        )


def unknown_object(value: Json, where: str) -> ForeignRefused:
    """Return the refusal of an object that the allow-list does not have."""
    words = f"{value.get('module')}.{value.get('class_name')}"
    shown = words.encode("unicode_escape").decode()[:120]
    return refused("object_not_allowed", f"{where} has {shown}, which is not allowed.")


def refused(code: str, detail: str, hint: str = "") -> ForeignRefused:
    """Return a refusal."""
    return ForeignRefused(code, detail, hint)


def _number(value: float, where: str) -> float:
    if not math.isfinite(value) or abs(value) > limits.NUMBER:
        raise refused("number_out_of_bounds", f"{where} has a number past {limits.NUMBER:g}.")
    return value


def _word(value: str, where: str) -> str:
    if not _WORD.fullmatch(value) or _PLACES.search(value):
        shown = value.encode("unicode_escape").decode()[:60]
        raise refused("text_not_allowed", f"{where} has the text “{shown}”, which no setting has.")
    return value

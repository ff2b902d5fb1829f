"""A setting of a training: what it means, its type, its limits, the check of its values."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

Type = Literal["integer", "number", "boolean", "string"]
_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a text",
}
_JSON_TYPES: dict[Any, Type] = {int: "integer", float: "number", bool: "boolean", str: "string"}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting; the form, the API's schema and the check of its values come from here."""

    name: str
    title: str
    description: str
    type: Type
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[str, ...] | None = None

    def check(self, value: Any) -> Any:
        """Return ``value`` in this setting's Python type.

        Raises ValueError with a sentence that says what is allowed and what was received.
        """
        number = _coerce(value, self.type)
        if number is None or not self._within(number):
            raise ValueError(f"{self.name} must be {self._allowed()}; received {value!r}.")
        return number

    def schema(self, default: Any) -> dict[str, Any]:
        """Return this setting as a JSON Schema (draft 2020-12)."""
        schema: dict[str, Any] = {
            "title": self.title,
            "description": self.description,
            "type": self.type,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "enum": list(self.enum) if self.enum else None,
            "default": default,
        }
        return {key: value for key, value in schema.items() if value is not None}

    def _within(self, value: Any) -> bool:
        if self.enum is not None:
            return value in self.enum
        if self.minimum is None or self.maximum is None:
            return True
        return self.minimum <= value <= self.maximum

    def _allowed(self) -> str:
        if self.enum is not None:
            return f"one of {', '.join(self.enum)}"
        if self.minimum is None or self.maximum is None:
            return _KINDS[self.type]
        return f"{_KINDS[self.type]} from {self.minimum:g} to {self.maximum:.10g}"


def setting(
    title: str,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    enum: tuple[str, ...] | None = None,
) -> Any:
    """Return the field of a config's dataclass that is a setting with these words and limits."""
    words = {"title": title, "description": description}
    limits = {"minimum": minimum, "maximum": maximum, "enum": enum}
    return field(metadata={"setting": {**words, **limits}})


def setting_of(name: str, annotation: Any, values: dict[str, Any]) -> Setting:
    """Return the setting that a dataclass's field of this name and type describes."""
    return Setting(name=name, type=_JSON_TYPES.get(annotation, "string"), **values)


def _coerce(value: Any, wanted: Type) -> Any:
    """Return ``value`` as the wanted JSON type, or None where it is of another."""
    if wanted in ("boolean", "string"):
        return value if isinstance(value, bool if wanted == "boolean" else str) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if wanted == "number":
        return float(value)
    return int(value) if value == int(value) else None

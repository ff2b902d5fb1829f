"""A setting of a training: what it means, its type, its limits, the check of its values."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any, Literal

Type = Literal["integer", "number", "boolean", "string"]
_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a text",
}
_JSON_TYPES: dict[Any, Type] = {
    int: "integer",
    float: "number",
    bool: "boolean",
    str: "string",
    float | None: "number",
    int | Literal["auto"]: "integer",
}

Group = Literal["basic", "expert"]
# JSON knows whole numbers that no float holds; every setting's limits are far below.
_LARGEST = 1e18
_SHOWN = 80


@dataclass(frozen=True)
class Needs:
    """What another setting must be for a setting to mean anything.

    It must have one of ``values``, or be ``least`` or more.
    """

    setting: str
    values: tuple[Any, ...] = ()
    least: int | None = None

    def met_by(self, values: Mapping[str, Any]) -> bool:
        """Whether a training's values fulfil it."""
        value = values[self.setting]
        return value in self.values if self.least is None else value >= self.least

    def schema(self) -> dict[str, Any]:
        """Return what is needed as JSON: ``{"setting": "optimizer", "values": ["sgd"]}``.

        ``minimum`` stands in place of ``values`` where a number is enough.
        """
        if self.least is None:
            return {"setting": self.setting, "values": list(self.values)}
        return {"setting": self.setting, "minimum": self.least}

    def condition(self) -> dict[str, Any]:
        """Return the JSON Schema of the other setting's values."""
        return {"enum": list(self.values)} if self.least is None else {"minimum": self.least}

    def __str__(self) -> str:
        """Say it as a sentence names it: ``optimizer sgd``."""
        if self.least is None:
            return f"{self.setting} {' or '.join(map(str, self.values))}"
        return f"{self.setting} of {self.least} or more"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting; the form, the API's schema and the check of its values come from here.

    ``word`` explains its term to people who do not know it, ``section`` is the heading it stands
    under. ``optional``: None is a value too, "as another setting says". Where ``needs`` is not met
    the setting has no effect, and any value but its default is refused. ``word_value`` is a text
    that a number's setting takes too: ``auto``.
    """

    name: str
    title: str
    description: str
    type: Type
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[str, ...] | None = None
    group: Group = "expert"
    section: str = "Training"
    word: str = ""
    optional: bool = False
    word_value: str = ""
    needs: Needs | None = None

    def check(self, value: Any) -> Any:
        """Return ``value`` in this setting's Python type.

        Raises ValueError with a sentence that says what is allowed and what was received.
        """
        if (value is None and self.optional) or (self.word_value and value == self.word_value):
            return value
        number = _coerce(value, self.type)
        if number is None or not self._within(number):
            raise ValueError(f"{self.name} must be {self._allowed()}; received {_short(value)}.")
        return number

    def schema(self, default: Any) -> dict[str, Any]:
        """Return this setting as a JSON Schema (draft 2020-12)."""
        schema: dict[str, Any] = {
            "title": self.title,
            "description": self.description,
            "type": self._json_type(),
            "pattern": f"^{self.word_value}$" if self.word_value else None,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "enum": list(self.enum) if self.enum else None,
        }
        given = {key: value for key, value in schema.items() if value is not None}
        needs = self.needs.schema() if self.needs else None
        empty = "As the level says; 0 is off." if self.optional else ""
        about = {"x-section": self.section, "x-word": self.word, "x-needs": needs, "x-null": empty}
        return {**given, "default": default, **{key: text for key, text in about.items() if text}}

    def _json_type(self) -> Any:
        more = ["null"] * self.optional + ["string"] * bool(self.word_value)
        return [self.type, *more] if more else self.type

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
        range_ = f"{_KINDS[self.type]} from {self.minimum:g} to {self.maximum:.10g}"
        word = "null" if self.optional else self.word_value
        return f"{range_}, or {word}" if word else range_


def in_words(value: Any) -> str:
    """Return a setting's value as people read it, and a form sends it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return "as the level"
    if value == "":
        return "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def setting(
    title: str,
    description: str,
    *,
    default: Any = MISSING,
    needs: Needs | None = None,
    **facts: Any,
) -> Any:
    """Return the field of a config's dataclass that is a setting with these words and limits.

    ``facts`` are fields of ``Setting``: limits, group, section, word. A ``default`` is for what
    every preset has alike.
    """
    values = {"title": title, "description": description, "needs": needs, **facts}
    return field(default=default, metadata={"setting": values})


def setting_of(name: str, annotation: Any, values: dict[str, Any]) -> Setting:
    """Return the setting that a dataclass's field of this name and type describes."""
    optional = annotation == (float | None)
    kind = _JSON_TYPES.get(annotation, "string")
    return Setting(name=name, type=kind, optional=optional, **values)


def _coerce(value: Any, wanted: Type) -> Any:
    """Return ``value`` as the wanted JSON type, or None where it is of another."""
    if wanted in ("boolean", "string"):
        return value if isinstance(value, bool if wanted == "boolean" else str) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if abs(value) > _LARGEST or not math.isfinite(value):
        return None
    if wanted == "number":
        return float(value)
    return int(value) if value == int(value) else None


def _short(value: Any) -> str:
    """Return what was received as a sentence can hold it."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

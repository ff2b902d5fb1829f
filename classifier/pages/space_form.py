"""What a search varies, as a form: a row for each setting, made from the preset's own limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from classifier.engine.presets.preset import Preset
from classifier.engine.presets.setting import in_words
from classifier.engine.search.dimensions import Choices, Range
from classifier.engine.search.usual import default_space, searchable, suggested

VARY = "vary"


@dataclass(frozen=True, kw_only=True)
class Option:
    """One choice of a setting: what it is sent as, and what people read."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    """One setting: whether it varies, from where to where, or between what.

    ``low`` and ``high`` are the texts of the fields, ``limits`` what the preset takes at all;
    ``options`` stand in their place where it has no numbers. ``now`` is what it is otherwise.
    """

    name: str
    title: str
    description: str
    now: str
    varies: bool
    low: str = ""
    high: str = ""
    limits: str = ""
    log: bool = False
    options: tuple[Option, ...] = ()


class SpaceForm:
    """The rows of a preset around some settings; ``data`` is what a person has sent."""

    def __init__(
        self, preset: Preset, base: Mapping[str, Any], data: QueryDict | None = None
    ) -> None:
        self._preset = preset
        self._base = base
        self._data = data
        self._usual = default_space(preset, base)

    @property
    def usual(self) -> list[Row]:
        """The settings that mostly matter, and those that a person has chosen."""
        return [row for row in self._rows() if row.name in self._usual or row.varies]

    @property
    def others(self) -> list[Row]:
        """All others."""
        shown = {row.name for row in self.usual}
        return [row for row in self._rows() if row.name not in shown]

    def sent(self, points: int | None = None) -> dict[str, Any]:
        """Return the space that was sent, as the API takes it; ``points`` of each range of a grid.

        A number that cannot be read stays a text: the check of the space names its setting.
        """
        if self._data is None:
            return {}
        return {
            name: self._values(name, self._data, points)
            for name in searchable(self._preset)
            if name in self._data.getlist(VARY)
        }

    def _values(self, name: str, data: QueryDict, points: int | None) -> dict[str, Any]:
        offered = suggested(self._preset, name, self._base)
        if isinstance(offered, Choices):
            texts = data.getlist(f"choice-{name}")
            return {"choices": [each for each in self._all_of(name) if in_words(each) in texts]}
        ends = {end: _number(data.get(f"{end}-{name}", "")) for end in ("low", "high")}
        return ends if points is None else {**ends, "points": points}

    def _rows(self) -> list[Row]:
        return [self._row(name) for name in searchable(self._preset)]

    def _row(self, name: str) -> Row:
        setting, offered = self._preset.settings[name], suggested(self._preset, name, self._base)
        data = self._data
        shared: dict[str, Any] = {
            "name": name,
            "title": setting.title,
            "description": setting.description,
            "now": in_words(self._base[name]),
            "varies": name in (self._usual if data is None else data.getlist(VARY)),
        }
        if isinstance(offered, Choices):
            usual = {in_words(each) for each in offered.options}
            chosen = usual if data is None else set(data.getlist(f"choice-{name}"))
            return Row(
                **shared,
                options=tuple(
                    Option(
                        value=in_words(each), text=in_words(each), chosen=in_words(each) in chosen
                    )
                    for each in self._all_of(name)
                ),
            )
        return self._range_row(shared, offered)

    def _range_row(self, shared: dict[str, Any], offered: Range) -> Row:
        name, data = shared["name"], self._data
        setting = self._preset.settings[name]
        low, high = (in_words(end) for end in offered.ends)
        if data is not None and f"low-{name}" in data:
            low, high = data.get(f"low-{name}", ""), data.get(f"high-{name}", "")
        return Row(
            **shared,
            low=low,
            high=high,
            limits=f"{setting.minimum:g} to {setting.maximum:.10g}",
            log=offered.log,
        )

    def _all_of(self, name: str) -> list[Any]:
        setting = self._preset.settings[name]
        return [False, True] if setting.type == "boolean" else list(setting.enum or ())


def _number(text: str) -> Any:
    """Return the number; what is none as it came."""
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() and "e" not in text.lower() else value

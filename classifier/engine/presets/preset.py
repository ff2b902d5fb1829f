"""Preset: a named, documented training recipe; its families are in modules beside this one."""

from abc import ABC
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar

from classifier.engine.errors import InvalidConfig, WeightsUnavailable
from classifier.engine.presets.config import PresetConfig, TrainingConfig
from classifier.engine.presets.setting import Needs, Setting
from classifier.engine.presets.subgroups import require_people_labels
from common.nearest import nearest_first

Kind = Literal["scratch", "transfer", "classic", "distilled"]
Config = TypeVar("Config", bound=PresetConfig)

# Of those that a wrong name may have meant; a preset has forty.
_NEAREST = 12


class Preset(ABC, Generic[Config]):
    """A training recipe. A subclass is a family; a module of ``catalog`` states one preset.

    ``defaults`` train well without anybody's help. ``source`` says where the network comes from,
    ``good_for`` which images it is the one to begin with (empty: none). ``main`` are the few
    settings to show first: those that change this recipe's result most. ``limits`` narrows the
    family's limits, by setting. ``single_runs`` says why it is trained in runs alone, and no
    experiment takes it; empty where experiments do.
    """

    kind: ClassVar[Kind]
    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    source: ClassVar[str]
    good_for: ClassVar[Literal["", "small images", "photographs"]] = ""
    main: ClassVar[tuple[str, ...]]
    limits: ClassVar[Mapping[str, tuple[float, float]]] = {}
    single_runs: ClassVar[str] = ""
    defaults: Config

    @property
    def facts(self) -> Mapping[str, int | str]:
        """What is known of the network before it is trained, by name."""
        return {}

    def missing(self, weights_dir: Path | None) -> WeightsUnavailable | None:
        """Return what to say where a file that this preset needs is not on this machine.

        ``weights_dir`` is the folder that the operator names in LOUPE_WEIGHTS_DIR, if any.
        """
        return None

    @property
    def settings(self) -> dict[str, Setting]:
        """The settings that people may change, by name, in the order in which to show them."""
        found = type(self.defaults).settings()
        for name, (least, most) in self.limits.items():
            found[name] = replace(found[name], minimum=least, maximum=most)
        return found

    def config(self, overrides: Mapping[str, Any]) -> Config:
        """Return the defaults with ``overrides`` in place of some of them.

        Raises InvalidConfig with one ``(setting, sentence)`` for each value that is not allowed.
        """
        settings = self.settings
        values: dict[str, Any] = {}
        errors: list[tuple[str, str]] = []
        for name, value in overrides.items():
            if name not in settings:
                there = ", ".join(nearest_first(name, settings)[:_NEAREST])
                more = f" and {len(settings) - _NEAREST} more" if len(settings) > _NEAREST else ""
                sentence = f"{self.name} has no setting {name!r}; its settings are {there}{more}."
                errors.append((name, sentence))
                continue
            try:
                values[name] = settings[name].check(value)
            except ValueError as error:
                errors.append((name, str(error)))
        if errors:
            raise InvalidConfig(errors)
        config = replace(self.defaults, **values)
        if unused := self.without_effect(config.to_dict()):
            raise InvalidConfig(list(unused.items()))
        require_people_labels(config.to_dict())
        return config

    def without_effect(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return a sentence for each changed setting that the others leave without effect."""
        defaults = self.defaults.to_dict()
        values = {**defaults, **values}
        return {
            name: f"{name} has an effect with {each.needs} alone; received {values[name]!r} with "
            f"{each.needs.setting} {values[each.needs.setting]}."
            for name, each in self.settings.items()
            if each.needs and values[name] != defaults[name] and not each.needs.met_by(values)
        }

    def stored_config(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a stored run as they are called today; ``config`` takes them.

        What never had an effect is left out: earlier versions of Loupe took it all the same.
        """
        idle = self.without_effect(values)
        return {
            name: value
            for name, value in values.items()
            if name in self.settings and name not in idle
        }

    def stored_note(self, values: Mapping[str, Any]) -> str:
        """Return what ``stored_config`` changes, in a sentence; empty where it changes nothing."""
        return ""

    def config_schema(self) -> dict[str, Any]:
        """Return a JSON Schema (draft 2020-12) of the settings: the form's and the API's source.

        ``x-main`` marks the settings to show first, ``x-group`` is basic or expert, ``x-section``
        the heading in the form, ``x-word`` explains the term, ``x-needs`` names the setting without
        which this one has no effect, ``x-null`` says what an empty one means.
        """
        defaults = self.defaults.to_dict()
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title,
            "description": self.description,
            "type": "object",
            "properties": {
                name: {
                    **setting.schema(defaults[name]),
                    "x-main": name in self.main,
                    "x-group": "basic" if name in self.main else setting.group,
                }
                for name, setting in self.settings.items()
            },
            "additionalProperties": False,
            "allOf": self.conditions(),
        }

    def conditions(self) -> list[dict[str, Any]]:
        """Return, as JSON Schemas, which settings may only be changed together with others."""
        defaults = self.defaults.to_dict()
        found = [
            _condition(name, defaults[name], each.needs, each.needs.met_by(defaults))
            for name, each in self.settings.items()
            if each.needs
        ]
        if "reweight_by" in self.settings and "self_training" in self.settings:
            weighed = {"required": ["reweight_by"], "properties": {"reweight_by": {"minLength": 1}}}
            found.append({"if": weighed, "then": {"properties": {"self_training": {"const": 0}}}})
        return found

    def is_frozen(self, config: Config) -> bool:
        """Whether a training with these settings changes nothing but a last layer."""
        return False

    def needs_keras(self, config: Config) -> bool:
        """Whether a training with these settings is one of a Keras network."""
        return not self.is_frozen(config)


def _condition(name: str, default: Any, needs: Needs, met_by_default: bool) -> dict[str, Any]:
    changed = {"required": [name], "properties": {name: {"not": {"const": default}}}}
    then = {"properties": {needs.setting: needs.condition()}}
    return {
        "if": changed,
        "then": then if met_by_default else {**then, "required": [needs.setting]},
    }


def require_changed_copies(config: TrainingConfig) -> None:
    """Raise InvalidConfig where synthetic examples of pixels would be plain copies."""
    if config.synthetic and not config.augmentations.any:
        sentence = (
            "synthetic needs augmentation: without it the examples would be copies of the same "
            f"images; received {config.synthetic:g} with augmentation {config.augmentation}."
        )
        raise InvalidConfig([("synthetic", sentence)])

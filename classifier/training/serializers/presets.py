from rest_framework import serializers

from classifier.engine.presets.registry import PRESETS


class PresetSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    kind = serializers.ChoiceField(choices=["scratch", "transfer", "classic"])
    config_schema = serializers.DictField(
        help_text="JSON Schema (draft 2020-12) of the settings that `config` may hold."
    )
    defaults = serializers.DictField(help_text="The value of every setting that is not given.")


class PresetNameField(serializers.ChoiceField):
    """The name of a preset; the error says which there are."""

    default_error_messages = {
        "invalid_choice": f"preset must be one of {', '.join(PRESETS)}; received {{input!r}}."
    }

    def __init__(self, **kwargs) -> None:
        super().__init__(choices=list(PRESETS), **kwargs)

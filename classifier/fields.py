"""Numbers in bodies, intervals and times in answers."""

from math import isfinite

from rest_framework import serializers


class NumberField(serializers.FloatField):
    """A number; true and false, which Python takes for 1 and 0, are none, nor is "nan"."""

    def to_internal_value(self, data: float | int | str) -> float:
        """Return the number."""
        if isinstance(data, bool):
            self.fail("invalid")
        value = super().to_internal_value(data)
        # No number is below or above NaN, so no limit would refuse it.
        if not isfinite(value):
            self.fail("invalid")
        return value


def interval_field(help_text: str, source: str | None = None) -> serializers.ListField:
    """An interval `[low, high]` of shares from 0 to 1; null where there is nothing to count."""
    return serializers.ListField(
        child=serializers.FloatField(),
        min_length=2,
        max_length=2,
        allow_null=True,
        read_only=True,
        help_text=help_text,
        source=source,
    )


def processor_seconds_field(source: str) -> serializers.FloatField:
    """What a training used of the processors, of a job's column."""
    return serializers.FloatField(
        allow_null=True,
        read_only=True,
        source=source,
        help_text="Processor seconds of its trainer and of what that started (decoders of images), "
        "over all attempts; grows while it runs. Null: not measured.",
    )


def gpu_seconds_field(source: str) -> serializers.FloatField:
    """How long a training held a GPU, of a job's column."""
    return serializers.FloatField(
        allow_null=True,
        read_only=True,
        source=source,
        help_text="Seconds for which its attempts held a GPU; 0 without one. Null: not measured.",
    )

"""Numbers as people read them; the twins of `js/format.js`.

What a template does not find arrives as an empty text: it is a dash, like None.
"""

from typing import Any

from django import template

from classifier.engine.measure import intervals

register = template.Library()


@register.filter
def percent(share: float | str | None) -> str:
    """Return 0.98765 as "98.8 %", None as a dash."""
    return f"{share * 100:.1f} %" if isinstance(share, int | float) else "–"


@register.filter
def probably(interval: tuple[float, float] | str | None) -> str:
    """Return (0.824, 1.0) as "probably 82 to 100 %", None as nothing."""
    return intervals.probably(*interval) if interval and not isinstance(interval, str) else ""


@register.filter
def metric(value: float | str | None) -> str:
    """Return a metric with four decimals, None as a dash."""
    return f"{value:.4f}" if isinstance(value, int | float) else "–"


@register.filter
def gap(difference: float | str | None) -> str:
    """Return -0.0421 as "−4.2" and 0.0421 as "+4.2": percentage points."""
    if not isinstance(difference, int | float):
        return "–"
    points = round(difference * 100, 1)
    return f"{'−' if points < 0 else '+' if points else ''}{abs(points):.1f}"


@register.filter
def points(distance: float) -> str:
    """Return 0.0421 as "4.2": percentage points without a sign."""
    return f"{distance * 100:.1f}"


@register.filter
def p_value(value: float) -> str:
    """Return 0.0471 as "p 0.047" and 0.00004 as "p below 0.001"."""
    return f"p {value:.3f}" if value >= 0.001 else "p below 0.001"


@register.filter
def pairs(values: dict) -> list:
    """Return keys and values: a template takes a key called `items` for the method."""
    return list(values.items())


@register.filter
def duration(seconds: float | str | None) -> str:
    """Return 95 as "1 min 35 s", 7260 as "2 h 1 min"."""
    if not isinstance(seconds, int | float):
        return "–"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{round(whole / 60)} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


@register.filter
def hours(seconds: float | str | None) -> str:
    """Return 5400 as "1.5", 15 as "0.0042", in hours; None as a dash."""
    return f"{seconds / 3600:.2g}" if isinstance(seconds, int | float) else "–"


@register.filter
def image_total(sample_counts: dict[str, dict[str, int]], split: str = "") -> int:
    """Return how many images a dataset version has, in one split or in all."""
    splits = [sample_counts.get(split, {})] if split else sample_counts.values()
    return sum(sum(counts.values()) for counts in splits)


@register.filter
def figure(row: Any) -> str:
    """Return the value of a `Figure` of a report as people read it; a dash without one."""
    return _said(row.value, row.is_share)


@register.filter
def figure_ends(row: Any) -> str:
    """Return the ends of its interval, as "82.4 to 98.1 %"; nothing without one."""
    if row.estimate is None:
        return ""
    low, high = (_said(end, row.is_share) for end in row.estimate.ends)
    return f"{low.removesuffix(' %')} to {high}"


def _said(value: float | None, is_share: bool) -> str:
    if is_share or value is None:
        return percent(value)
    return f"{value:,}" if isinstance(value, int) else metric(value)

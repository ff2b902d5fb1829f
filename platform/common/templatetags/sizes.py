"""Sizes of files as people read them; the twin of `formatBytes` in `js/format.js`."""

from django import template

register = template.Library()


@register.filter
def size(count: int) -> str:
    """Return 1536 as "1.5 kB": decimal units, as disks and browsers count."""
    value, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return (
        f"{value:.0f} {units[0]}" if units[0] == "B" or value >= 100 else f"{value:.1f} {units[0]}"
    )

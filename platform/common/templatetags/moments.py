"""Times that were stored as text."""

from datetime import datetime

from django import template

register = template.Library()


@register.filter
def as_time(text: str) -> datetime:
    """Return a time that stands in a session, as ISO 8601."""
    return datetime.fromisoformat(text)

"""Code in backticks, as the descriptions of the API have it."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def ticks(text: str) -> SafeString:
    """Return the text with what stands in backticks as code; everything else is escaped."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308

"""Which Loupe this is, for pages."""

from django import template

from common.version import loupe_version as version

register = template.Library()


@register.simple_tag
def loupe_version() -> str:
    """Return the version of the release."""
    return version()

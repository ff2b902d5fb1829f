"""What templates about signing in ask for."""

from django import template
from django.conf import settings
from django.template import Context

from accounts.second_factor import keeps_passkeys, passkeys_work_here

register = template.Library()


@register.simple_tag(takes_context=True)
def passkeys_work(context: Context) -> bool:
    """Say whether browsers keep passkeys for the address of this page."""
    return passkeys_work_here(context["request"])


@register.simple_tag
def passkeys_address() -> str:
    """Return the address of Loupe for which they do, empty if there is none."""
    return settings.PUBLIC_URL if keeps_passkeys(settings.PUBLIC_URL) else ""

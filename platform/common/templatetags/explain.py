"""A question mark beside a word of the field, that says what the word means."""

import secrets

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def explain(term: str, title: str) -> SafeString:
    """Return the button and the text of `templates/glossary/<term>.html`.

    `title` is the word as it stands there.
    """
    context = {
        "title": title,
        "text_template": f"glossary/{term}.html",
        # A page may explain a word twice, and htmx may bring in a third.
        "id": f"explain-{secrets.token_hex(4)}",
    }
    return render_to_string("components/explain.html", context)

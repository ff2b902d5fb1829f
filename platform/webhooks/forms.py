"""Forms of the pages about webhooks and alerts."""

from django import forms

from webhooks.events import Event
from webhooks.outgoing.target import LONGEST


class WebhookForm(forms.Form):
    """Where to, and what of."""

    url = forms.CharField(
        max_length=LONGEST,
        label="URL",
        help_text="It begins with https:// and leads to a receiver on the internet.",
        widget=forms.URLInput(
            attrs={"autocomplete": "off", "placeholder": "https://example.com/loupe"}
        ),
    )
    events = forms.MultipleChoiceField(
        choices=Event.choices,
        initial=Event.values,
        widget=forms.CheckboxSelectMultiple,
        label="Send when",
    )


class AlertsForm(forms.Form):
    """What to be told of."""

    events = forms.MultipleChoiceField(
        choices=Event.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Send me a mail when",
    )

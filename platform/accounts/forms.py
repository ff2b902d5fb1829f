"""Forms of the pages about tokens and teams."""

from typing import cast

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from django import forms

from accounts.models import TokenScope
from accounts.roles import Role
from accounts.services.tokens import DEFAULT_DAYS, DEFAULT_SCOPES, MAX_DAYS
from common.forms import TextField

LIFETIMES = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (MAX_DAYS, "a year")]


class TokenForm(forms.Form):
    """What a new token is called, may do, and how long."""

    name = TextField(
        max_length=80,
        help_text="Where it will be used, such as “labelling script” or “camera 3”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        choices=TokenScope.choices,
        initial=list(DEFAULT_SCOPES),
        widget=forms.CheckboxSelectMultiple,
        label="May",
        help_text="A token that may create and change may also ask models. For a program that "
        "only asks, choose that alone.",
    )
    expires_in_days = forms.TypedChoiceField(
        choices=LIFETIMES, coerce=int, initial=DEFAULT_DAYS, label="Works for"
    )


class OrganizationForm(forms.Form):
    """The name of an organization."""

    name = TextField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class RoleForm(forms.Form):
    """One of the roles that the person at the page may give."""

    role = forms.ChoiceField(choices=Role.choices, initial=Role.EDITOR.value)

    def __init__(self, *args, grantable: list[Role], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        choices = cast(forms.ChoiceField, self.fields["role"])
        choices.choices = [(role.value, role.label) for role in grantable]


class ChangePasswordForm(AllauthChangePasswordForm):
    """The old and the new password, and whether the tokens made under the old one go with it."""

    end_tokens = forms.BooleanField(
        required=False,
        initial=True,
        label="End all my API tokens",
        help_text="Do so if someone else may know the old password. Programs that use a token "
        "then need a new one. Every other browser is signed out in any case.",
    )

    def save(self) -> None:
        """Set the password; without the tick, tokens work on."""
        self.user.keeps_tokens = not self.cleaned_data["end_tokens"]
        super().save()


class DeviceCodeForm(forms.Form):
    """The code that a program shows."""

    code = forms.CharField(
        max_length=20,
        help_text="Eight letters, such as BCDF-GHJK.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

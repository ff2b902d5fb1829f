"""Fields that several pages' forms share."""

from typing import Any

from django import forms

from common.texts import nfc


class TextField(forms.CharField):
    """Text that is stored in NFC, whatever the keyboard sent."""

    def to_python(self, value: Any) -> Any:
        """Return the text."""
        text = super().to_python(value)
        return nfc(text) if text else text

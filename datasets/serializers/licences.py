"""The licence of images, as bodies state it."""

from rest_framework import serializers

from common.inputs import InputSerializer
from datasets.licences import CHOICES, MOST_WORDS, OTHER


class LicenceInput(InputSerializer):
    """What a dataset and an import state of their images; each is left as it is when not given."""

    licence = serializers.ChoiceField(
        choices=CHOICES,
        required=False,
        allow_blank=True,
        help_text="An SPDX identifier, or `other`. Empty: not stated; of an import the dataset's "
        "holds then.",
    )
    licence_text = serializers.CharField(
        max_length=MOST_WORDS,
        required=False,
        allow_blank=True,
        help_text=f"Which it is: with the licence `{OTHER}` alone, and needed there.",
    )

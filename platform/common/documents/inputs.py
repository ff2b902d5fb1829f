"""Bodies that set texts of a document."""

from collections.abc import Iterable

from rest_framework import serializers

from common.documents.parts import MOST_TEXT
from common.documents.texts import Asked
from common.inputs import InputSerializer


def texts_input(name: str, asked: Iterable[Asked]) -> type[InputSerializer]:
    """Return the serializer, called `name`, of a body that sets some of the texts asked for."""
    fields = {
        each.field: serializers.CharField(
            max_length=MOST_TEXT,
            required=False,
            allow_blank=True,
            help_text=f"{each.ask} Empty takes it away.",
        )
        for each in asked
    }
    return type(name, (InputSerializer,), {**fields, "__doc__": "Each is left when not given."})

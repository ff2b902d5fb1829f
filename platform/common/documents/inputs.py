"""Bodies that set texts of a document."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from common.documents.parts import MOST_TEXT
from common.documents.texts import Asked
from common.inputs import InputSerializer


def texts_input(name: str, asked: Iterable[Asked]) -> type[InputSerializer]:
    """Return the serializer, called `name`, of a body that sets some of the texts asked for."""
    asked = tuple(asked)
    fields: dict[str, Any] = {
        each.field: serializers.CharField(
            max_length=MOST_TEXT,
            required=False,
            allow_blank=True,
            help_text=f"{each.ask} Empty takes it away.",
        )
        for each in asked
    }
    seen = type(
        f"{name}Seen",
        (InputSerializer,),
        {
            **{
                each.field: serializers.CharField(required=False, allow_blank=True, max_length=40)
                for each in asked
            },
            "__doc__": "Of a text: its `written_at` as read, empty where the version had none.",
        },
    )
    fields["seen"] = seen(
        required=False,
        help_text="What you have read. A text that another person has written since is then not "
        "overwritten: 409 `changed_meanwhile`.",
    )
    return type(name, (InputSerializer,), {**fields, "__doc__": "Each is left when not given."})


def texts_and_seen(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what such a body says as arguments: `texts`, and what was `seen` of them."""
    texts = {field: text for field, text in body.items() if field != "seen"}
    return {"texts": texts, "seen": body.get("seen")}

"""Base64 as programs write it: by lines, for addresses, without padding, as a data: URL."""

import base64

import pytest
from rest_framework.exceptions import ValidationError

from classifier.prediction.serializers.predict import Base64ImageField, JSONPredictInput

# Both alphabets differ in it, and it does not fill its last four characters.
CONTENT = bytes(range(256)) + b"\xfb\xff\xfe\xfa"
PLAIN = base64.b64encode(CONTENT).decode()
SAFE = base64.urlsafe_b64encode(CONTENT).decode()
LINES = base64.encodebytes(CONTENT).decode()


@pytest.mark.parametrize(
    "text",
    [
        PLAIN, PLAIN.rstrip("="), SAFE, SAFE.rstrip("="), LINES, LINES.replace("\n", "\r\n"),
        f"data:image/png;base64,{PLAIN}", f"DATA:image/jpeg;name=a.jpg;BASE64,{LINES}",
        f" {PLAIN}\t", "\n".join(SAFE), "data:;base64," + SAFE,
    ],
)  # fmt: skip
def test_every_common_way_to_write_base64_is_read(text):
    assert any(character in PLAIN for character in "+/")
    assert PLAIN.endswith("=")
    assert Base64ImageField().to_internal_value(text) == CONTENT


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("ab+_", "mixed", "character 4 is '_'"),
        (
            "abcd\nefg*hijk",
            "bad_character",
            "Character 9 of this base64 text is '*', near 'cd\\nefg*hijk'",
        ),
        ("b'abcd'", "bad_character", "Character 2"),
        ("YWI=YWI=", "bad_character", "Character 4 of this base64 text is '='"),
        ("ab\u00a0cd", "bad_character", "Character 3"),
        ("abcde", "bad_length", "5 characters"),
        ("data:image/png,abcd", "not_base64_url", ";base64,"),
        ("http://example.com/a.png", "bad_character", "is ':'"),
        (7, "not_text", "base64 text"),
    ],
)
def test_what_is_no_base64_is_refused_with_its_place(text, code, said):
    with pytest.raises(ValidationError) as refused:
        Base64ImageField().to_internal_value(text)
    (detail,) = refused.value.detail
    assert detail.code == code
    assert said in detail


def test_the_image_at_fault_is_named():
    body = JSONPredictInput(data={"images": [PLAIN, "a*b"]})
    assert not body.is_valid()
    assert body.errors["images"].keys() == {1}

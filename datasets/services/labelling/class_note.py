"""The note of a class: what goes with every answer of it."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from accounts.models import User
from accounts.services import audit
from common.errors import FieldError, Invalid
from common.names import unseen_character
from common.texts import nfc
from datasets.models import ClassLabel
from datasets.models.class_label import MOST_DESCRIPTION, MOST_LINK
from datasets.policies import require_editable
from datasets.services import listeners
from datasets.services.labelling.classes import class_as_it_stands, rename_class

_check_address = URLValidator(schemes=["http", "https"])


@transaction.atomic
def set_class_note(
    *, user: User, label: ClassLabel, description: str | None = None, link: str | None = None
) -> ClassLabel:
    """Set what is given of a class's note; empty takes it away. Answers have it from the next on.

    The note follows the class, also under the names that frozen versions keep. Raises `NotFound`,
    `Forbidden`, `InTrash`, and `Invalid` for a description of more than 1,000 characters or a link
    that is no http or https address.
    """
    dataset = label.dataset
    require_editable(user=user, dataset=dataset)
    wanted: dict[str, str] = {}
    if description is not None:
        wanted["description"] = checked_description(description)
    if link is not None:
        wanted["link"] = checked_link(link)
    dataset.lock()
    label = class_as_it_stands(label)
    changed = {name: value for name, value in wanted.items() if getattr(label, name) != value}
    if not changed:
        return label
    before = {name: getattr(label, name) for name in changed}
    for name, value in changed.items():
        setattr(label, name, value)
    label.save(update_fields=list(changed))
    audit.record(actor=user, action="class.note", target=label, before=before, after=changed)
    listeners.class_note_changed.announce(user=user, dataset=dataset)
    return label


@transaction.atomic
def change_class(
    *,
    user: User,
    label: ClassLabel,
    name: str | None = None,
    description: str | None = None,
    link: str | None = None,
) -> ClassLabel:
    """Rename a class, set its note, or both, all or nothing; raises what these raise.

    Raises `Invalid` where nothing is given.
    """
    if name is None and description is None and link is None:
        raise Invalid("Give a name, a description or a link.", code="nothing_given")
    label = set_class_note(user=user, label=label, description=description, link=link)
    return label if name is None else rename_class(user=user, label=label, name=name)


def checked_description(text: str) -> str:
    """Return the text as it is kept: lines end with a line feed; raises `Invalid`."""
    text = nfc(text).replace("\r\n", "\n").replace("\r", "\n").strip()
    _require_seen("description", text.replace("\n", " ").replace("\t", " "))
    if len(text) > MOST_DESCRIPTION:
        raise _invalid(
            "description",
            f"A description may have up to {MOST_DESCRIPTION:,} characters; "
            f"received {len(text):,}.",
        )
    return text


def checked_link(link: str) -> str:
    """Return the address as it is kept, empty for a blank one; raises `Invalid`."""
    link = nfc(link).strip()
    if not link:
        return ""
    _require_seen("link", link)
    if len(link) > MOST_LINK:
        raise _invalid(
            "link", f"A link may have up to {MOST_LINK} characters; received {len(link):,}."
        )
    try:
        _check_address(link)
        parts = urlsplit(link)
        # What a browser could not open: a port too large, a host that is no name in any alphabet.
        opens = parts.port != 0 and (parts.hostname or "").encode("idna").decode("idna")
    except (ValidationError, ValueError):
        opens = False
    if not opens:
        raise _invalid(
            "link",
            f"A link is an http or https address, such as https://example.com/cats; "
            f"received {link[:60]!r}.",
        )
    if "@" in parts.netloc:
        raise _invalid("link", "A link may not hold a name or a password before its host.")
    return link


def _require_seen(field: str, text: str) -> None:
    unseen = unseen_character(text)
    if unseen is not None:
        raise _invalid(
            field,
            f"A {field} holds only characters that can be seen; this one has U+{ord(unseen):04X}.",
        )


def _invalid(field: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(f"/{field}", "invalid", detail)])

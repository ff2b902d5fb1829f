"""Write into the sheet of a version what only a person can say."""

from collections.abc import Mapping

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from common.documents.texts import require_asked
from common.documents.write import write_texts
from datasets.models import DatasetVersion, SheetText
from datasets.policies import require_editable
from datasets.selectors.sheet.asked import ASKED


@transaction.atomic
def write_sheet(
    *,
    user: User,
    version: DatasetVersion,
    texts: Mapping[str, str],
    seen: Mapping[str, str] | None = None,
) -> None:
    """Set texts by field (`datasets.selectors.sheet.asked`), each up to 5,000 characters.

    An empty one is taken away. `seen` is as `common.documents.write.write_texts` has it. Raises
    `ChangedMeanwhile`, `Invalid`, `NotFound`, `Forbidden` or `InTrash`.
    """
    require_editable(user=user, dataset=version.dataset)
    require_asked(texts, ASKED)
    version.dataset.lock()
    changed = write_texts(SheetText, {"version": version}, texts, user, seen)
    if changed:
        audit.record(actor=user, action="dataset_sheet.edit", target=version, fields=changed)

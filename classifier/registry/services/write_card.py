"""Write into the card of a version, and its technical documentation, what only a person can say."""

from collections.abc import Mapping

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.models import CardText, ModelVersion
from classifier.registry.policies import require_editable_model
from classifier.registry.selectors.card.annex_asked import ANNEX_ASKED
from classifier.registry.selectors.card.asked import ASKED
from common.documents.texts import require_asked
from common.documents.write import write_texts


@transaction.atomic
def write_card(
    *,
    user: User,
    version: ModelVersion,
    texts: Mapping[str, str],
    seen: Mapping[str, str] | None = None,
) -> None:
    """Set texts by field (`selectors.card.asked`, `annex_asked`), each up to 5,000 characters.

    An empty one is taken away. `seen` is as `common.documents.write.write_texts` has it. Raises
    `ChangedMeanwhile`, `Invalid`, `NotFound`, or `Forbidden` below editor and for a built-in
    version.
    """
    require_editable_model(user=user, model=version.model)
    require_asked(texts, (*ASKED, *ANNEX_ASKED))
    version.model.lock()
    changed = write_texts(CardText, {"model_version": version}, texts, user, seen)
    if changed:
        audit.record(actor=user, action="model_card.edit", target=version, fields=changed)

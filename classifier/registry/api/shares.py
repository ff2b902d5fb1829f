"""`models/{id}/shares/`."""

from accounts.api.shares import GivenShares
from accounts.sharing import Subject
from classifier.registry.selectors.models import visible_model


class ModelShares(GivenShares):
    """With whom a model is shared, and to whom it is offered; seen by its admins."""

    def subject(self) -> Subject:
        """Return the model."""
        return visible_model(self.request.user, self.kwargs["model_id"]).subject

"""`datasets/{id}/shares/`."""

from accounts.api.shares import GivenShares
from accounts.sharing import Subject
from datasets.selectors.datasets import visible_dataset


class DatasetShares(GivenShares):
    """With whom a dataset is shared, and to whom it is offered; seen by its admins."""

    def subject(self) -> Subject:
        """Return the dataset."""
        return visible_dataset(self.request.user, self.kwargs["dataset_id"]).subject

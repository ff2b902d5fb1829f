"""What a store of durable files that is another machine's may answer instead of doing its work.

They are answers of the API (503) where a request needed the store, and ends of jobs by the same
codes (`jobs.errors`). As `OSError` they are what code that writes files expects of a broken disk.
"""

from common.errors import Unavailable


class StoreError(Unavailable, OSError):
    """The store did not do what it was asked; nothing half-done is to be seen under any name."""

    title = "The store of files does not serve"
    code = "storage_unavailable"


class StoreUnavailable(StoreError):
    """It does not answer, or says that it cannot now; asking again later may help."""


class StoreRefused(StoreError):
    """It lets Loupe do nothing, or has no such bucket, until an operator changes something."""

    title = "The store of files refuses Loupe"
    code = "storage_refused"


class StoreFull(StoreError):
    """It takes no more bytes."""

    title = "The store of files is full"
    code = "storage_full"

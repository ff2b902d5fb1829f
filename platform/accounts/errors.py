"""Why accounts refuse what a person may do in principle."""

from common.errors import Conflict, DomainError


class QuotaExceeded(Conflict):
    """An organization, or a person, has as much of something as it may have (409)."""

    title = "A quota is used up"
    code = "quota_exceeded"


class RateExceeded(DomainError):
    """An organization has asked for as much as it may within a time (429, with Retry-After)."""

    status = 429
    title = "Too much in this hour"
    code = "quota_exceeded"

    def __init__(self, detail: str, *, retry_after_seconds: int, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.retry_after_seconds = retry_after_seconds

from accounts.models.audit import AuditEntry
from accounts.models.organization import Invitation, Membership, Organization
from accounts.models.token import APIToken, TokenScope
from accounts.models.user import User

__all__ = [
    "APIToken",
    "AuditEntry",
    "Invitation",
    "Membership",
    "Organization",
    "TokenScope",
    "User",
]

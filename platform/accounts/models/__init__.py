from accounts.models.audit import AuditEntry
from accounts.models.organization import Invitation, Membership, Organization
from accounts.models.share import Share, ShareKind
from accounts.models.sign_in import DeviceRequest, KnownBrowser
from accounts.models.token import APIToken, TokenScope
from accounts.models.user import User

__all__ = [
    "APIToken",
    "AuditEntry",
    "DeviceRequest",
    "Invitation",
    "KnownBrowser",
    "Membership",
    "Organization",
    "Share",
    "ShareKind",
    "TokenScope",
    "User",
]

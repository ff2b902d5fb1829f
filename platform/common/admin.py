"""What the admin site's pages of all apps share."""

from django.http import HttpRequest


class ReadOnly:
    """Mixed into an admin or an inline: rows that are looked at here and written elsewhere."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

"""Accounts in the admin site: what operators look at and may change."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.look_alikes import skeleton
from accounts.models import APIToken, AuditEntry, Invitation, Membership, Organization, User
from accounts.policies import is_operator, lacks_second_factor
from accounts.quotas import Quota
from accounts.selectors.look_alikes import refuse_look_alike
from accounts.services import audit
from accounts.services.sign_up import give_personal_organization
from accounts.services.tokens import revoke_token
from accounts.usernames import check_username
from common.admin import ReadOnly
from common.errors import Invalid

# allauth's own pages write around our services: who may add a confirmed address to any account can
# reset its password. What of them is worth a look is registered below, to be looked at.
for _model in [model for model in admin.site._registry if model.__module__.startswith("allauth.")]:
    admin.site.unregister(_model)

# One sign-in page, with its limits on guessing, for the admin site too.
_sign_in = secure_admin_login(admin.site.login)


def _login(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
    """Lead staff who lack a second factor to where they set one up, the others to signing in."""
    if lacks_second_factor(request.user):
        text = "Set up a second factor first: the admin site does not open without one here."
        messages.warning(request, text)
        return redirect("mfa_index")
    return _sign_in(request, extra_context)


admin.site.login = _login  # type: ignore[method-assign,assignment]
admin.site.has_permission = lambda request: is_operator(request.user)  # type: ignore[method-assign]
admin.site.unregister(Group)

POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(Group)
class LoupeGroupAdmin(GroupAdmin, ModelAdmin):
    """Groups hold permissions, so that only superusers change them."""

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.is_superuser

    has_add_permission = has_delete_permission = has_change_permission


class _CheckedName:
    """Refuses a new user name that deceives; old ones stay until they are changed."""

    cleaned_data: dict[str, Any]
    changed_data: list[str]
    data: dict[str, Any]
    instance: User

    def clean_username(self) -> str:
        checked = getattr(super(), "clean_username", lambda: self.cleaned_data["username"])
        name = checked()
        if "username" not in self.changed_data:
            return name
        try:
            name = check_username(name, email=self.data.get("email", ""))
            refuse_look_alike(name, besides=self.instance)
        except Invalid as error:
            raise ValidationError(error.detail) from error
        self.instance.skeleton = skeleton(name)
        return name


class LoupeUserChangeForm(_CheckedName, UserChangeForm):
    """What operators change of a person."""


class LoupeUserCreationForm(_CheckedName, UserCreationForm):
    """A new person's name and password."""


@admin.register(User)
class LoupeUserAdmin(UserAdmin, ModelAdmin):
    """People. They are made inactive instead of deleted: what they made keeps its author."""

    form = LoupeUserChangeForm
    add_form = LoupeUserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "email")
    ordering = ("-date_joined",)
    list_filter_submit = True

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None):
        always = ("last_login", "date_joined")
        return always if request.user.is_superuser else (*always, *POWERS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Staff change ordinary people only: no path from a staff account to a stronger one."""
        allowed = super().has_change_permission(request, obj)
        if obj is None or request.user.is_superuser:
            return allowed
        return allowed and not obj.is_superuser and not obj.is_staff

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> User | None:
        """Return the person, who may be given another password: the log says by whom."""
        person = super().get_object(request, object_id, from_field)
        if person is not None:
            person.changed_by, person.changed_how = request.user, "admin site"
        return person

    def save_model(self, request: HttpRequest, obj: User, form, change: bool) -> None:
        """Save; a new person gets a personal organization, and the audit log an entry."""
        super().save_model(request, obj, form, change)
        give_personal_organization(user=obj)
        audit.record(
            actor=request.user,
            action="account.change" if change else "account.create",
            target=obj,
            fields=sorted(set(form.changed_data) - {"password", "password1", "password2"}),
            **{power: getattr(obj, power) for power in POWERS[:2] if power in form.changed_data},
        )


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnly, ModelAdmin):
    """Mail addresses. Their owners change them: with one of them a password can be reset."""

    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    list_select_related = ("user",)
    search_fields = ("email", "user__username")


class MembershipInline(TabularInline):
    """Who is in the organization. Written through the pages, which keep an owner and the audit."""

    model = Membership
    extra = 0
    fields = readonly_fields = ("user", "role", "created_at")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Organization)
class OrganizationAdmin(ReadOnly, ModelAdmin):
    """Tenants, their members and what they may have; only the quotas are written here."""

    fieldsets = (
        (None, {"fields": ("name", "slug", "personal_for", "created_at")}),
        (
            "Quotas",
            {
                "fields": tuple(quota.field for quota in Quota),
                "description": "What the organization may have at most; empty: as this "
                "installation allows (LOUPE_QUOTA_*); 0: nothing more.",
            },
        ),
    )
    readonly_fields = ("name", "slug", "personal_for", "created_at")

    list_display = ("name", "slug", "personal_for", "created_at")
    list_select_related = ("personal_for",)
    search_fields = ("name", "slug", "memberships__user__username")
    inlines = (MembershipInline,)
    date_hierarchy = "created_at"

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return ModelAdmin.has_change_permission(self, request, obj)

    def save_model(self, request: HttpRequest, obj: Organization, form, change: bool) -> None:
        """Set the quotas, with an audit entry; what others have changed meanwhile stays."""
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        if changed:
            obj.save(update_fields=list(changed))
            audit.record(
                actor=request.user,
                action="organization.quotas",
                target=obj,
                before={name: form.initial[name] for name in changed},
                after=changed,
            )


@admin.register(Invitation)
class InvitationAdmin(ReadOnly, ModelAdmin):
    """Invitations; their links were shown once, to the person who made them."""

    list_display = ("organization", "role", "invited_by", "created_at", "expires_at", "accepted_at")
    list_filter = ("role",)
    list_select_related = ("organization", "invited_by")
    search_fields = ("organization__name", "invited_by__username")
    exclude = ("digest",)


@admin.register(APIToken)
class APITokenAdmin(ReadOnly, ModelAdmin):
    """Tokens: whose, for what, and the means to revoke one."""

    list_display = ("name", "user", "scopes", "created_at", "last_used_at", "expiry")
    list_filter = ("created_at", "expiry")
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    exclude = ("digest", "token_key")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.is_superuser

    def delete_model(self, request: HttpRequest, obj: APIToken) -> None:
        """Revoke, with the audit entry that belongs to it."""
        revoke_token(user=request.user, token=obj)

    def delete_queryset(self, request: HttpRequest, queryset) -> None:
        """Revoke each of them."""
        for token in queryset.select_related("user"):
            revoke_token(user=request.user, token=token)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, ModelAdmin):
    """The audit log, newest first. The database refuses to change or delete a row of it."""

    list_display = (
        "created_at",
        "actor_name",
        "address",
        "action",
        "object_type",
        "object_id",
        "organization",
    )
    list_filter = ("action", "object_type")
    list_select_related = ("organization",)
    search_fields = ("actor_name", "action", "object_id", "address")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)

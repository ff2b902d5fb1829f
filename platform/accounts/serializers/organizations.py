"""Organizations, members and invitations as the API shows them."""

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from accounts.models import Invitation, Membership, Organization
from accounts.roles import Role
from accounts.serializers.usage import PersonalUsageSerializer
from common.inputs import InputSerializer


class OrganizationSerializer(serializers.ModelSerializer):
    """Made from a membership: an organization and the caller's role in it."""

    id = serializers.UUIDField(source="organization.id", read_only=True)
    slug = serializers.SlugField(source="organization.slug", read_only=True)
    name = serializers.CharField(source="organization.name", read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "slug", "name", "role")
        read_only_fields = fields


class MeSerializer(serializers.Serializer):
    username = serializers.CharField(read_only=True)
    organizations = OrganizationSerializer(many=True, read_only=True)
    usage = PersonalUsageSerializer(read_only=True)


class OrganizationInput(InputSerializer):
    name = serializers.CharField(max_length=Organization._meta.get_field("name").max_length)
    slug = serializers.RegexField(
        r"^[a-z0-9][a-z0-9-]*$",
        max_length=Organization._meta.get_field("slug").max_length,
        required=False,
        help_text="Lower-case letters, digits and hyphens; made from the name when not given.",
    )


class OrganizationPatch(InputSerializer):
    name = serializers.CharField(max_length=Organization._meta.get_field("name").max_length)


class MemberSerializer(serializers.ModelSerializer):
    username = serializers.CharField(source="user.username", read_only=True)
    joined_at = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Membership
        fields = ("username", "role", "joined_at")
        read_only_fields = fields


class RoleInput(InputSerializer):
    role = serializers.ChoiceField(choices=Role.choices)


class InvitationInput(InputSerializer):
    role = serializers.ChoiceField(choices=Role.choices, default=Role.EDITOR.value)


class InvitationSerializer(serializers.ModelSerializer):
    invited_by = serializers.CharField(source="invited_by.username", read_only=True)

    class Meta:
        model = Invitation
        fields: tuple[str, ...] = ("id", "role", "invited_by", "created_at", "expires_at")
        read_only_fields = fields


class NewInvitationSerializer(InvitationSerializer):
    link = serializers.URLField(
        read_only=True,
        help_text="The first person who opens it may join. Shown in this answer only.",
    )

    class Meta(InvitationSerializer.Meta):
        fields = (*InvitationSerializer.Meta.fields, "link")
        read_only_fields = fields


def invitation_link(secret: str) -> str:
    """Return the address to send to the invited person."""
    return settings.PUBLIC_URL + reverse("accounts:invitation", args=[secret])

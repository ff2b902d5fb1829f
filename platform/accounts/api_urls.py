"""REST routes, relative to /api/v1/."""

from django.urls import path

from accounts.api import devices, members, organizations, shares, tokens, usage

urlpatterns = [
    path("auth/tokens/", tokens.TokenList.as_view(), name="token-list"),
    path("auth/tokens/<uuid:token_id>/", tokens.TokenDetail.as_view(), name="token-detail"),
    path("auth/device/", devices.DeviceRequests.as_view(), name="device-request"),
    path("auth/device/token/", devices.DeviceToken.as_view(), name="device-token"),
    path("me/", organizations.Me.as_view(), name="me"),
    path("organizations/", organizations.OrganizationList.as_view(), name="organization-list"),
    path(
        "organizations/<slug:slug>/",
        organizations.OrganizationDetail.as_view(),
        name="organization-detail",
    ),
    path(
        "organizations/<slug:slug>/usage/",
        usage.OrganizationUsage.as_view(),
        name="organization-usage",
    ),
    path("organizations/<slug:slug>/members/", members.MemberList.as_view(), name="member-list"),
    path(
        "organizations/<slug:slug>/members/<str:username>/",
        members.MemberDetail.as_view(),
        name="member-detail",
    ),
    path(
        "organizations/<slug:slug>/invitations/",
        members.InvitationList.as_view(),
        name="invitation-list",
    ),
    path(
        "organizations/<slug:slug>/invitations/<uuid:invitation_id>/",
        members.InvitationDetail.as_view(),
        name="invitation-detail",
    ),
    path(
        "organizations/<slug:slug>/shares/",
        shares.ReceivedShares.as_view(),
        name="received-share-list",
    ),
    path("shares/<uuid:share_id>/", shares.ShareDetail.as_view(), name="share-detail"),
    path("shares/<uuid:share_id>/accept/", shares.ShareAccept.as_view(), name="share-accept"),
]

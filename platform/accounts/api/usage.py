"""`organizations/{slug}/usage/`."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.policies import require_role
from accounts.roles import Role
from accounts.selectors.organizations import visible_organization
from accounts.selectors.usage import usage_of
from accounts.serializers.usage import OrganizationUsageSerializer


class OrganizationUsage(APIView):
    """How much of each quota is used."""

    @extend_schema(
        summary="Show what an organization has of each quota, and what it may have",
        description="For admins. What would go past a quota is refused with 409 "
        "`quota_exceeded`; predictions with 429 and Retry-After. `bytes` are those of image files, "
        "also in the trash, and of archives that wait for their import; `jobs` run or wait; the "
        "hour of `predictions_per_hour` began with the first of them, and each image is one.",
        responses=OrganizationUsageSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        organization = visible_organization(request.user, slug)
        require_role(user=request.user, organization=organization, role=Role.ADMIN)
        usage = {
            quota.value: figures._asdict() for quota, figures in usage_of(organization).items()
        }
        return Response(OrganizationUsageSerializer(usage).data)

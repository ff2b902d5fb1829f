"""What the lists of models and of versions may be filtered by."""

import django_filters
from django.db.models import QuerySet
from rest_framework.request import Request

from classifier.models import ModelVersion, RegisteredModel
from classifier.models.archived import listed
from classifier.registry.selectors.tags import tagged
from common.filters import StrictBooleanFilter


class ArchivedFilter(django_filters.FilterSet):
    """Keeps to what is not archived, unless `archived` asks for what is."""

    archived = StrictBooleanFilter(
        method="nothing_yet", label="True lists what is archived, and nothing else."
    )

    def nothing_yet(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        """Leave it to `filter_queryset`, which is called without a value, too."""
        return queryset

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Return the rows that the list shows."""
        archived = bool(self.form.cleaned_data.get("archived"))
        return listed(super().filter_queryset(queryset), archived)


class ModelVersionFilter(django_filters.FilterSet):
    """`tag`."""

    tag = django_filters.CharFilter(
        method="with_tag", label="Versions with this tag, in whatever case it is written."
    )

    def with_tag(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Return the versions with the tag; those of a shared model show none."""
        return queryset.filter(pk__in=_own_tagged(self.request, value).values("pk"))

    class Meta:
        model = ModelVersion
        fields: list[str] = []


class RegisteredModelFilter(ArchivedFilter):
    """`archived, organization, name, tag`."""

    tag = django_filters.CharFilter(
        method="with_tag", label="Models that have a version with this tag."
    )
    organization = django_filters.CharFilter(field_name="organization__slug")
    name = django_filters.CharFilter(lookup_expr="icontains")

    def with_tag(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Return the models that have a version with the tag."""
        return queryset.filter(pk__in=_own_tagged(self.request, value).values("model"))

    class Meta:
        model = RegisteredModel
        fields: list[str] = []


def _own_tagged(request: Request, tag: str) -> QuerySet[ModelVersion]:
    """Return the versions with a tag, of the organizations that the caller is in."""
    return tagged(ModelVersion.objects.for_user(request.user), tag)

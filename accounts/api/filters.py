"""The query parameters of `GET /users/`."""

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import FilterSet

from accounts.models import User


class UserFilter(FilterSet):
    q = django_filters.CharFilter(
        max_length=40, method="filter_by_name", help_text="Part of the username, case-insensitive."
    )

    class Meta:
        model = User
        fields: list[str] = []

    def filter_by_name(self, users: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return users.filter(username__contains=value.lower())

"""What `GET /notifications/` can be asked for."""

from django_filters.rest_framework import FilterSet

from config.api.filters import FlagFilter, IdFilter
from config.database import database_now
from notifications.models import Notification
from notifications.querysets import NotificationQuerySet


class NotificationFilter(FilterSet):
    unread = FlagFilter(help_text="`true`: only unread ones; `false`: only read ones.")
    after = IdFilter(
        help_text="Returns what may have arrived since you saw this id, oldest first: all greater ids and everything "
        "from the last 60 seconds, so some may be repeated."
    )

    class Meta:
        model = Notification
        fields: list[str] = []

    def filter_queryset(self, queryset: NotificationQuerySet) -> NotificationQuerySet:
        asked = self.form.cleaned_data
        inbox = queryset
        if asked["unread"] != "":
            inbox = inbox.unread() if asked["unread"] else inbox.filter(read_at__isnull=False)
        if asked["after"] is None:
            return inbox.newest_first()
        return inbox.resumed_from(asked["after"], database_now())

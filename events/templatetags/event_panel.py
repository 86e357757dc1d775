"""The panel beside an event."""

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

from accounts.templatetags.accounts_pages import login_links
from config.web.fragments import render_fragment

register = template.Library()

# Everything that the panel shows, as the page's own context names it.
VALUES = (
    "shown",
    "has_begun",
    "is_over",
    "is_inviting",
    "is_member",
    "share_link",
    "page_url",
    "calendar_file",
    "cancellation_reason",
    "offer",
    "promise",
    "reach",
    "acted",
    "acted_text",
)


@register.simple_tag(takes_context=True)
def event_panel(context: Context) -> SafeString:
    """Show the panel of an event's page as long as no form of it has been sent."""
    fillings = {"csrf_token": context.get("csrf_token"), **login_links(context["request"])}
    return render_fragment("events/_panel_unsent.html", {name: context.get(name) for name in VALUES}, fillings)

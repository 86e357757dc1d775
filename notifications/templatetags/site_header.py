"""The header of every page, with the bell of a reader who is logged in."""

from django import template
from django.template.context import Context
from django.utils.html import json_script
from django.utils.safestring import SafeString

from accounts.templatetags.accounts_pages import login_links
from config.web.fragments import render_fragment
from notifications.inbox.bell import Bell

register = template.Library()


@register.simple_tag(takes_context=True)
def site_header(context: Context) -> SafeString:
    """Show the header of the page. One query at most, for the bell."""
    request, bell = context["request"], context.get("bell")
    match = request.resolver_match
    values = {
        "here": match.view_name if match else "",
        "is_member": bell is not None,
        "is_staff": bell is not None and bell.user.is_staff,
        "has_unread": bell is not None and bell.count > 0,
        "has_languages": hasattr(request, "LANGUAGE_CODE"),
        "is_post": request.method == "POST",
    }
    fillings = {
        "csrf_token": context.get("csrf_token"),
        "page_url": request.get_full_path(),
        **login_links(request),
        **(_of_member(bell) if bell else {}),
    }
    return render_fragment("_header.html", values, fillings)


def _of_member(bell: Bell) -> dict[str, object]:
    return {
        "username": bell.user.username,
        "initial": bell.user.username[:1],
        "email": bell.user.email,
        "unread": bell.label,
        "feed_config": json_script(bell.config, "feed-config"),
    }

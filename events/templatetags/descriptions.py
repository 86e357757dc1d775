"""The filter for descriptions: `{{ event.description|markdown }}`."""

from django import template
from django.utils.safestring import SafeString

from events.descriptions import render

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Return the text as safe HTML."""
    return render(text)

"""Test icons: they are the library's, and each is rendered once."""

from typing import Any

import pytest
from django.template import Context, Template
from lucide import IconDoesNotExist
from lucide.templatetags import lucide as library

from config.web import icons


def shown(tag: str, **context: object) -> str:
    return Template("{% load lucide %}" + tag).render(Context(context))


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [
        ('{% lucide "clock" %}', {}),
        ('{% lucide "clock" size=20 aria_hidden="true" %}', {"size": 20, "aria_hidden": "true"}),
        ('{% lucide "clock" size=None class="chevron" %}', {"size": None, "class": "chevron"}),
        ('{% lucide "clock" data_icon="a&b" stroke_linecap="butt" %}', {"data_icon": "a&b", "stroke_linecap": "butt"}),
    ],
)
def test_icon_is_the_librarys(tag: str, attributes: dict[str, Any]) -> None:
    assert shown(tag) == library.lucide("clock", **attributes)


def test_icon_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = shown('{% lucide name size=41 class="once" %}', name="clock")
    monkeypatch.setattr(library, "lucide", None)

    assert shown('{% lucide name size=41 class="once" %}', name="clock") == first


def test_icons_with_other_attributes_are_others() -> None:
    icons_of_clocks = [
        shown('{% lucide "clock" size=20 %}'),
        shown('{% lucide "clock" size=21 %}'),
        shown('{% lucide "clock" size=20 class="a" %}'),
        shown('{% lucide "clock" size=20 class="b" %}'),
        shown('{% lucide "sun" size=20 class="b" %}'),
    ]

    assert len(set(icons_of_clocks)) == len(icons_of_clocks)


def test_unknown_icon_is_refused() -> None:
    with pytest.raises(IconDoesNotExist):
        icons.lucide("no-such-icon")

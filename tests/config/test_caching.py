"""Test results that are cached by language."""

from django.utils import translation
from django.utils.translation import gettext as _

from config.caching import cached_by_language


def test_result_is_computed_once_for_its_arguments_and_the_language() -> None:
    calls: list[str] = []

    @cached_by_language(10)
    def greeting(name: str, *, mark: str = "") -> str:
        calls.append(name)
        return f"{_('Inbox')} {name}{mark}"

    english = [greeting(name) for name in ("Ada", "Bob", "Ada")]
    with translation.override("de"):
        german = [greeting("Ada"), greeting("Ada")]

    assert english == ["Inbox Ada", "Inbox Bob", "Inbox Ada"]
    assert german == ["Posteingang Ada"] * 2
    assert greeting("Ada", mark="!") == "Inbox Ada!"
    assert calls == ["Ada", "Bob", "Ada", "Ada"]

"""Update the translation catalogues below locale/ with the strings of the source: `make messages`.

Each language of the settings, except for English, which the source is in, has a `django.po` for translators and a
`django.mo` that Django reads. This is written in Python alone, because Django's own command needs gettext.
"""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

BASE_DIR = Path(__file__).resolve().parent.parent
SOURCES = ("accounts", "config", "events", "notifications")
# Pages below /api/ are in English, like everything in the API.
UNTRANSLATED = ("templates/api", "templates/rest_framework")
# Messages of Django's forms and admin that our catalogues translate better than Django's do: its German says Sie, and
# lacks some. Catalogues below locale/ come first.
OF_DJANGO = (
    "You are authenticated as %(username)s, but are not authorized to access this page. Would you like to login "
    "to a different account?",
    'Are you sure you want to delete the %(object_name)s "%(escaped_object)s"? All of the following related '
    "items will be deleted:",
    "Are you sure you want to delete the selected %(objects_name)s? All of the following objects and their "
    "related items will be deleted:",
    "Deleting the %(object_name)s '%(escaped_object)s' would result in deleting related objects, but your "
    "account doesn't have permission to delete the following types of objects:",
    "Deleting the selected %(objects_name)s would result in deleting related objects, but your account doesn't "
    "have permission to delete the following types of objects:",
    "Enter a new password for the user <strong>%(username)s</strong>.",
    "Hold down “Control”, or “Command” on a Mac, to select more than one.",
    "Raw passwords are not stored, so there is no way to see the user’s password.",
    "Thanks for spending some quality time with the web site today.",
    "Your password was changed.",
    "This field is required.",
    "Enter a valid email address.",
    "The password is too similar to the %(verbose_name)s.",
    "This password is too common.",
    "This password is entirely numeric.",
)
LAZY = {
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


class PlainCatalog(Catalog):
    """A catalogue without dates and names in its header, so that the same strings always make the same file."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        headers = [("MIME-Version", "1.0"), ("Content-Type", "text/plain; charset=utf-8")]
        return [*headers, ("Content-Transfer-Encoding", "8bit"), ("Plural-Forms", self.plural_forms)]


def languages() -> list[str]:
    """Return the languages that need a catalogue."""
    return [code for code, _name in settings.LANGUAGES if code != "en"]


def path_of(language: str) -> Path:
    """Return the path of the catalogue for translators. The one that Django reads is beside it."""
    return BASE_DIR / "locale" / language.replace("-", "_") / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """Return the catalogue as it is; an empty one if there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def extracted() -> Catalog:
    """Return all strings of the source that are marked for translation, with their positions, and some of Django's."""
    catalog = Catalog()
    for name, content in _sources():
        for line, message, _comments, context in extract("python", content, DEFAULT_KEYWORDS | LAZY):
            catalog.add(message, locations=[(name, line)], context=context)
    for message in OF_DJANGO:
        catalog.add(message, locations=[("django", 0)])
    return catalog


def _sources() -> Iterator[tuple[str, io.BytesIO]]:
    """Yield each file's name and its content as Python.

    A template is converted as by Django's own command, and its lines are not indented.
    """
    modules = (path for source in SOURCES for path in (BASE_DIR / source).rglob("*.py"))
    for path in sorted(modules):
        yield str(path.relative_to(BASE_DIR)), io.BytesIO(path.read_bytes())
    for path in sorted((BASE_DIR / "templates").rglob("*.*")):
        name = str(path.relative_to(BASE_DIR))
        if path.suffix in {".html", ".txt"} and not name.startswith(UNTRANSLATED):
            lines = templatize(path.read_text()).splitlines()
            yield name, io.BytesIO("\n".join([*(line.strip() for line in lines), ""]).encode())


def cities(language: str) -> dict[str, str]:
    """Return what the cities of time zones are called in the Unicode CLDR, if that differs from the zone's own name."""
    found = {}
    for zone, names in sorted(Locale.parse(language, sep="-").time_zones.items()):
        own_name, city = zone.rsplit("/", 1)[-1].replace("_", " "), names.get("city", "")
        if "/" in zone and city not in {"", own_name}:
            found[own_name] = city.replace("\N{SOFT HYPHEN}", "")
    return found


def updated(language: str, source: Catalog) -> Catalog:
    """Return a catalogue of the strings of the source, with the existing translations, and of the names of cities."""
    known = read(language)
    catalog = PlainCatalog(locale=language, header_comment=f"# Texts of pages and emails in {language}.", fuzzy=False)
    for message in source:
        if message.id:
            old = known.get(message.id, message.context)
            string = old.string if old and type(old.id) is type(message.id) else None
            catalog.add(message.id, string, context=message.context)
    for own_name, city in cities(language).items():
        old = known.get(own_name, "city")
        catalog.add(own_name, (old and old.string) or city, context="city")
    return catalog


def untranslated(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id and not _is_translated(message)]


def _is_translated(message: Message) -> bool:
    return all(strings_of(message)) and not message.fuzzy


def strings_of(message: Message) -> list[str]:
    """Return the translations of a message, one for each of its plural forms."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def write(language: str, catalog: Catalog) -> None:
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        # Sort the strings and leave out their positions, so that branches that add some rarely touch the same lines.
        write_po(file, catalog, width=120, sort_output=True, no_location=True)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)


def main() -> None:
    source = extracted()
    for language in languages():
        catalog = updated(language, source)
        write(language, catalog)
        left = untranslated(catalog)
        name = path_of(language).relative_to(BASE_DIR)
        sys.stdout.write(f"{name}: {len(catalog)} strings, {len(left)} to translate\n")


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    main()

"""Test how the name, the accent and the links of the site are read, and what is refused."""

import pytest

from tests.config.production import refusal_of, settings_of

LINKS = "Privacy=https://a.example/p?x=1, Imprint=http://a.example/i,Help us=mailto:us@a.example,"
FORM = (
    "SITE_LINKS must be a list such as Privacy=https://example.org/privacy,Contact=mailto:us@example.org, "
    "not {!r}; percent-encode a comma in a URL as %2C."
)


def test_links_are_read_in_their_order() -> None:
    assert settings_of(SITE_LINKS=LINKS)["SITE_LINKS"] == [
        ("Privacy", "https://a.example/p?x=1"),
        ("Imprint", "http://a.example/i"),
        ("Help us", "mailto:us@a.example"),
    ]


@pytest.mark.parametrize(
    "link",
    [
        "Privacy",
        "Privacy=",
        "=https://a.example",
        "Privacy=javascript:alert(1)",
        "Privacy=//a.example",
        "Privacy=https://",
        "Privacy=/privacy",
        "Contact=mailto:nobody",
        "Privacy=https://a.example/a b",
    ],
)
def test_link_that_leads_nowhere_is_refused(link: str) -> None:
    assert refusal_of(SITE_LINKS=link) == FORM.format(link)


def test_label_given_twice_is_refused() -> None:
    links = "Privacy=https://a.example,privacy=https://b.example"

    assert refusal_of(SITE_LINKS=links) == "SITE_LINKS must not contain a label twice."


def test_name_of_the_site_is_the_name_of_its_sender_and_of_its_api() -> None:
    read = settings_of(SITE_NAME="Jazz, Soul & Co.")

    assert read["SITE_NAME"] == "Jazz, Soul & Co."
    assert read["DEFAULT_FROM_EMAIL"] == '"Jazz, Soul & Co." <events@events.example.org>'
    assert read["SPECTACULAR_SETTINGS"]["TITLE"] == "Jazz, Soul & Co."


@pytest.mark.parametrize("name", ["x" * 61, "Jazz\nBcc: everybody@a.example"])
def test_name_that_is_not_one_short_line_is_refused(name: str) -> None:
    assert refusal_of(SITE_NAME=name) == "SITE_NAME must be one line of at most 60 characters."


def test_accent_is_read_in_lower_case() -> None:
    assert settings_of(SITE_ACCENT="#0057B8")["SITE_ACCENT"] == "#0057b8"


@pytest.mark.parametrize("colour", ["blue", "#05b", "0057b8", "#0057b8;}"])
def test_accent_that_is_no_colour_is_refused(colour: str) -> None:
    assert refusal_of(SITE_ACCENT=colour) == f"SITE_ACCENT must be a colour such as #0057b8, not {colour!r}."


@pytest.mark.parametrize(
    ("colour", "contrast", "nearest"), [("#ffcc00", "1.28", "#846800"), ("#1e88e5", "3.14", "#006dc0")]
)
def test_accent_with_too_little_contrast_is_refused_with_the_nearest_that_has_enough(
    colour: str, contrast: str, nearest: str
) -> None:
    assert refusal_of(SITE_ACCENT=colour) == (
        f"SITE_ACCENT {colour} has a contrast of only {contrast} with the pages; text needs 4.5. "
        f"The nearest colour that has it is {nearest}."
    )
    assert settings_of(SITE_ACCENT=nearest)["SITE_ACCENT"] == nearest

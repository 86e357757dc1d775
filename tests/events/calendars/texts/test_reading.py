"""Test the titles, descriptions and locations that calendar files contain, and entries that have no UID."""

import pytest
from django.utils import translation

from events.calendars import CalendarEntry, CalendarItem
from events.calendars.entries import parse_calendar
from events.calendars.marks import PRODUCT
from events.calendars.texts.reading import shorten
from events.local_time import zone_named
from events.text_limits import MAX_DESCRIPTION_LENGTH, MAX_HEADLINE_LENGTH, MAX_LOCATION_LENGTH

ROME = zone_named("Europe/Rome")
NO_UID = "It has no UID. A later import recognises it by its start and title."


def event(lines: str) -> str:
    return f"BEGIN:VEVENT\nDTSTART:20270310T180000Z\n{lines}\nEND:VEVENT\n"


def read(*events: str, properties: str = "") -> list[CalendarItem]:
    content = f"BEGIN:VCALENDAR\n{properties}{''.join(events)}END:VCALENDAR\n"
    return parse_calendar(content.encode(), default_zone=ROME).items


def read_entry(lines: str, properties: str = "") -> CalendarEntry:
    [item] = read(event(f"UID:one\n{lines}"), properties=properties)
    assert item.entry is not None
    return item.entry


# --- Titles ---


@pytest.mark.parametrize("lines", ["", "SUMMARY:", "SUMMARY: \\n "])
@pytest.mark.parametrize(("language", "title"), [("en", "(No title)"), ("de", "(Ohne Titel)")])
def test_event_without_a_title_says_so_in_the_language_of_who_imports(lines: str, language: str, title: str) -> None:
    with translation.override(language):
        entry = read_entry(lines)

    assert (entry.headline, entry.is_untitled, len(entry.remarks)) == (title, True, 1)
    assert not read_entry("SUMMARY:(No title)").is_untitled


@pytest.mark.parametrize("title", ["Canceled: Choir", "CANCELLED: Choir", "Abgesagt: Choir", "Annulé : Choir"])
def test_title_that_says_cancelled_is_remarked(title: str) -> None:
    entry = read_entry(f"SUMMARY:{title}")

    assert (entry.headline, entry.is_cancelled) == (title, False)
    assert entry.remarks == (
        "Its title says that it is cancelled, but the file doesn’t (STATUS). If it is, cancel it here.",
    )
    assert read_entry(f"SUMMARY:{title}\nSTATUS:CANCELLED").remarks == ()


@pytest.mark.parametrize("title", ["Cancelled trains: a talk", "The cancelled: a talk"])
def test_title_about_cancellations_is_not_remarked(title: str) -> None:
    assert read_entry(f"SUMMARY:{title}").remarks == ()


def test_entities_in_titles_and_locations_are_read() -> None:
    entry = read_entry("SUMMARY:Q&amp\\;A &#8211\\; live &foo\\; AT&T\nLOCATION:Caf&eacute\\;")

    assert (entry.headline, entry.location) == ("Q&A – live &foo; AT&T", "Café")


# --- Texts that are too long ---


def test_texts_up_to_their_limits_are_kept() -> None:
    texts = ["x" * length for length in (MAX_HEADLINE_LENGTH, MAX_LOCATION_LENGTH, MAX_DESCRIPTION_LENGTH)]

    entry = read_entry("SUMMARY:{}\nLOCATION:{}\nDESCRIPTION:{}".format(*texts))

    assert [entry.headline, entry.location, entry.description] == texts
    assert entry.remarks == ()


def test_texts_beyond_their_limits_are_shortened_and_kept_in_the_description() -> None:
    title, location = "t" * (MAX_HEADLINE_LENGTH + 1), "l" * (MAX_LOCATION_LENGTH + 1)

    entry = read_entry(f"SUMMARY:{title}\nLOCATION:{location}\nDESCRIPTION:{'d ' * MAX_DESCRIPTION_LENGTH}")

    assert entry.headline == "t" * (MAX_HEADLINE_LENGTH - 1) + "…"
    assert entry.location == "l" * (MAX_LOCATION_LENGTH - 1) + "…"
    assert entry.description.startswith(f"{title}\n\n{location}\n\nd d ")
    assert entry.description.endswith(" d…")
    assert len(entry.description) in {MAX_DESCRIPTION_LENGTH - 1, MAX_DESCRIPTION_LENGTH}
    assert entry.remarks == (
        "The title was too long and has been shortened; the description begins with all of it.",
        "The location was too long and has been shortened; the description contains all of it.",
        "The description was too long and has been shortened.",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0123456789", "0123456789"),
        ("0123456789a", "012345678…"),
        ("01234 6789a", "01234…"),
        ("012345678 a", "012345678…"),
        ("01234567e\u0301 longer", "01234567…"),
        ("01234567\U0001f468\u200d\U0001f469 longer", "01234567…"),
    ],
)
def test_text_is_cut_between_words_and_whole_characters(text: str, expected: str) -> None:
    assert shorten(text, 10) == expected


def test_words_that_are_far_away_are_cut() -> None:
    assert shorten(f"a {'x' * 50}", 40) == f"a {'x' * 37}…"


# --- Descriptions in HTML ---


def test_description_in_html_is_read_as_markdown_and_has_its_url_once() -> None:
    lines = 'DESCRIPTION:<p>See <a href="https://example.org">here</a></p>\nURL:https://example.org'

    assert read_entry(f"SUMMARY:A\n{lines}").description == "See [here](https://example.org)"


def test_description_with_entities_alone_keeps_its_line_breaks() -> None:
    assert read_entry("SUMMARY:A\nDESCRIPTION:a < b\\n&lt\\;b&gt\\;  &amp\\; c").description == "a < b\n<b>  & c"


@pytest.mark.parametrize(
    ("lines", "description"),
    [
        ("X-ALT-DESC;FMTTYPE=text/html:<p>One\\, two</p>\\n<p>Three</p>", "One, two\n\nThree"),
        ("DESCRIPTION:Plain\nX-ALT-DESC;FMTTYPE=text/html:<p>One</p>", "Plain"),
        ("DESCRIPTION: \\n\nX-ALT-DESC;FMTTYPE=text/html:<p>One</p>", "One"),
    ],
)
def test_html_beside_the_description_counts_if_that_is_empty(lines: str, description: str) -> None:
    assert read_entry(f"SUMMARY:A\n{lines}").description == description


def test_what_was_written_here_is_read_as_it_was() -> None:
    lines = "SUMMARY:The &amp\\; entity\nDESCRIPTION:The <br> tag\\nand &lt\\;"

    entry = read_entry(lines, properties=f"PRODID:{PRODUCT}\n")

    assert (entry.headline, entry.description) == ("The &amp; entity", "The <br> tag\nand &lt;")


# --- Entries without a UID ---


def keys(*events: str) -> list[str]:
    return [item.entry.uid for item in read(*events) if item.entry]


def test_event_without_a_uid_has_a_key_that_no_uid_is() -> None:
    [item] = read(event("SUMMARY:Concert"))

    assert item.entry is not None
    assert (item.uid, item.summary, item.entry.remarks) == ("", "Concert", (NO_UID,))
    assert keys(event("SUMMARY:Other\nUID:" + item.entry.uid.replace("\n", "\\n"))) != [item.entry.uid]


def test_key_without_a_uid_is_the_same_in_every_import_and_language() -> None:
    events = [event("SUMMARY:Concert\nDESCRIPTION:One\nUID: "), event("UID:")]

    with translation.override("de"):
        german = keys(*events)

    assert german == keys(events[0].replace("One", "Two"), events[1])


def test_events_without_a_uid_are_one_if_start_and_title_are_the_same() -> None:
    items = read(
        event("SUMMARY:Concert"),
        event("SUMMARY:Concert\nLOCATION:Rome"),
        event("SUMMARY:Other"),
        event("SUMMARY:Concert").replace("18", "19"),
        event("SUMMARY:Concert").replace(":20270310T180000Z", ";TZID=Europe/Rome:20270310T180000"),
        event("SUMMARY:Concert").replace(":20270310T180000Z", ";TZID=Asia/Tokyo:20270310T180000"),
    )

    assert [item.entry is not None for item in items] == [True, False, True, True, True, True]

"""Test what searches find: how texts are folded, and how the words of a search are found in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.models import Event
from events.search import MAX_SEARCH_WORDS, folded, searchable, searched_words
from tests.makers import MakeEvent

# What people type, and a headline that they expect to find.
EXPECTED = [
    ("rock concert", "A concert of rock"),
    ("CONCERT rock", "Rock: the concert"),
    ("zurich", "Zürich by night"),
    ("ZÜRICH", "Zurich by night"),
    ("cafe", "Cafe\u0301 Central"),
    ("café", "Cafe Central"),
    ("angstrom", "Ångström"),
    ("Ångström", "A\u030angstro\u0308m"),
    ("ångström", "ANGSTROM"),
    ("\u212bngström", "Ångström"),
    ("istanbul", "İstanbul"),
    ("İstanbul", "Istanbul"),
    ("ISTANBUL", "ıstanbul"),
    ("O'Brien", "Mr O’Brien"),
    ("O’Brien", "Mr O'Brien"),
    ("o`brien", "Mr Oʼbrien"),
    ("strasse", "Straßenfest"),
    ("lodz", "Łódź"),
    ("kobenhavn", "København"),
    ("full moon", "ＦＵＬＬ\u3000Moon"),
    ("10 km", "10\u00a0km run"),
    ("garden", "Gar\u00adden"),
    ("ςοφία", "Σοφία"),
    ("елка", "Ёлка"),
    ("음악", "한국음악"),
    ("音楽 東京", "東京の音楽"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "headline"), EXPECTED)
def test_words_find_what_people_expect(make_event: MakeEvent, text: str, headline: str) -> None:
    event = make_event(headline=headline)
    make_event(headline="Nothing special")

    assert list(Event.objects.matching(text)) == [event]


@pytest.mark.django_db
def test_each_word_may_be_in_another_text_of_the_event(make_event: MakeEvent) -> None:
    event = make_event(headline="Rock", location="Zürich", description="A concert.")
    make_event(headline="Rock", location="Zürich")
    make_event(headline="Concert", location="Zürich")

    assert list(Event.objects.matching("zurich concert rock")) == [event]


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "headline"), [("가", "각"), ("rockconcert", "rock concert"), ("zürich", "Zrich")])
def test_words_find_no_more_than_what_people_expect(make_event: MakeEvent, text: str, headline: str) -> None:
    make_event(headline=headline)

    assert list(Event.objects.matching(text)) == []


@pytest.mark.django_db
def test_longest_words_count_if_there_are_too_many(make_event: MakeEvent) -> None:
    words = [f"word{number}" for number in range(MAX_SEARCH_WORDS)]
    event = make_event(headline=" ".join(words))
    make_event(headline=" ".join(words[1:]))

    assert list(Event.objects.matching(" ".join(["a", "b", *words, *words]))) == [event]
    assert list(Event.objects.matching(" ".join([*words[1:], "z"]))) == []


def test_number_of_words_is_bounded() -> None:
    assert len(searched_words(" ".join(map(str, range(90))))) == MAX_SEARCH_WORDS


@given(st.text())
def test_folding_folded_text_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(max_size=30))
def test_every_word_of_a_text_is_in_its_search_text_as_typed_and_folded(text: str) -> None:
    stored = searchable(text, "", "")

    for typed, words in searched_words(text):
        assert typed in stored
        assert [word for word in words if word not in stored] == []


def test_search_text_begins_with_what_the_previous_version_looks_through() -> None:
    assert searchable("Rock", "ZÜRICH", "At O’Brien’s\nin Zürich") == (
        "rock zürich at o’brien’s\nin zürich zurich o'brien's"
    )
    assert searchable("Rock", "Rome", "At O'Brien's\nplace") == "rock rome at o'brien's\nplace"

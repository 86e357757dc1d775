"""The text that searches look through, and the words that they look for, reduced to what people mean by them."""

import unicodedata

# The longest text that callers search for, because SQLite refuses patterns of 50,000 characters.
MAX_SEARCH_LENGTH = 200
# So many words of a search count, the longest ones, because each costs the database a look at every event.
MAX_SEARCH_WORDS = 10

_APOSTROPHES = dict.fromkeys(map(ord, "’‘‛ʼʻʹ′´`׳"), "'")
# Letters that Unicode does not decompose, with what people type where their keyboard lacks them.
_LETTERS = dict(zip(map(ord, "øłđðħŧıæœþ"), ("o", "l", "d", "d", "h", "t", "i", "ae", "oe", "th"), strict=True))


def folded(text: str) -> str:
    """Return the text in lower case, without marks such as accents and without invisible characters.

    Compatible forms (NFKD), kinds of apostrophe and kinds of white space are each made one.
    """
    if text.isascii():
        return " ".join(text.lower().replace("`", "'").split())
    # Apostrophes before NFKD, which makes `´` a space with an accent, and after it, because it makes one of `ŉ`.
    letters = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).translate(_APOSTROPHES)
    bare = "".join(letter for letter in letters if not _is_dropped(letter))
    # NFC puts the syllables of Korean together again. Otherwise one would be found at the beginning of another.
    return " ".join(unicodedata.normalize("NFC", bare.casefold().translate(_LETTERS)).split())


def _is_dropped(letter: str) -> bool:
    return unicodedata.combining(letter) > 0 or unicodedata.category(letter) == "Cf"


def searchable(headline: str, location: str, description: str) -> str:
    """Return the text to store for searches in an event with these texts.

    It is what the previous version stored and looked for, the texts in folded case, followed by those folded words that
    are not among its words. So both versions find what the other one has written, in texts that need no folding the
    text is stored once, and after an upgrade most rows need not be rewritten.
    """
    text = " ".join([headline, location, description]).casefold()
    words = set(text.split())
    return " ".join([text, *(word for word in dict.fromkeys(folded(text).split()) if word not in words)])


def searched_words(text: str) -> list[tuple[str, list[str]]]:
    """Return `(as typed, folded words)` for each word to search for, at most MAX_SEARCH_WORDS and the longest first.

    As typed, in folded case, the word occurs in rows of the previous version too. Nearly always it makes one folded
    word, and none if it consists of marks.
    """
    typed = sorted(dict.fromkeys(text.casefold().split()), key=len, reverse=True)
    return [(word, folded(word).split()) for word in typed[:MAX_SEARCH_WORDS]]

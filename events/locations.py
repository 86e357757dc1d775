"""What an event's location contains besides a place: the link with which people join online."""

from functools import lru_cache

from linkify_it import LinkifyIt

_url_finder = LinkifyIt()


@lru_cache(maxsize=1_000)
def join_url(location: str) -> str:
    """Return the first https URL in the location, or "" if there is none. Other schemes never become a button."""
    urls = (match.url for match in _url_finder.match(location) or [] if match.schema == "https:")
    return next(urls, "")

"""What a client was answered, and what people read there."""

from typing import Any, Protocol


class Response(Protocol):
    """What the clients of Django and of the REST framework return; their stubs give it no public name."""

    status_code: int
    headers: Any
    context: Any

    @property
    def content(self) -> bytes: ...

    def json(self) -> Any: ...

    def get(self, header: str, alternate: Any = None) -> Any: ...

    def has_header(self, header: str) -> bool: ...

    def __getitem__(self, header: str, /) -> str: ...

    def __contains__(self, header: str, /) -> bool: ...

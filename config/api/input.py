"""Validated input of the API."""

from typing import Any

from rest_framework.generics import GenericAPIView


def valid_input(view: GenericAPIView, instance: Any = None, *, partial: bool = False) -> dict[str, Any]:
    """Validate the body of the view's request with its serializer, and return it.

    Raises:
        rest_framework.exceptions.ValidationError, and the refusals that the serializer's fields raise
    """
    serializer = view.get_serializer(instance, data=view.request.data, partial=partial)
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = serializer.validated_data
    return validated

"""The codes with which the server closes a socket. docs/feed.md explains them to authors of programs."""

MALFORMED = 4400
UNAUTHENTICATED = 4401
TOO_MANY = 4429
UNDELIVERABLE = 4500

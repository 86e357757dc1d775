"""The codes with which the server closes a socket. docs/feed.md explains them to authors of programs."""

MALFORMED = 4400
UNAUTHENTICATED = 4401
TOO_MANY = 4429
UNDELIVERABLE = 4500
UNAVAILABLE = 4503
# Of RFC 6455's registry, not our own: the server ends for a restart, and another one or the next answers in a moment.
RESTARTING = 1012

# What metrics call them.
REASONS = {
    MALFORMED: "malformed",
    UNAUTHENTICATED: "unauthenticated",
    TOO_MANY: "too_many",
    UNDELIVERABLE: "undeliverable",
    UNAVAILABLE: "unavailable",
}

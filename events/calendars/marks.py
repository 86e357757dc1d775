"""The marks by which what was written here is recognised when it is read again."""

# The PRODID of calendars that are written here.
PRODUCT = "-//Event manager//EN"
# The property of an event that names the IANA time zone in which it is shown, and in which its whole days are meant.
OWN_ZONE = "X-EVENT-TIME-ZONE"

"""`manage.py doctor`: whether every part of the site works, and what to do about each that does not."""

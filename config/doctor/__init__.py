"""`manage.py doctor`: whether everything that the site consists of works, and what to do about what does not."""

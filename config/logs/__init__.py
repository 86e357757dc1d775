"""Logs and reports of errors: what a line holds and which request it belongs to, without secrets."""

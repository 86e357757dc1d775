"""The web edge: what surrounds every page and every request."""

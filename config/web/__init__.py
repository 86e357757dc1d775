"""The web edge: middleware, and what the pages of all apps share."""

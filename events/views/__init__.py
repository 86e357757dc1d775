"""Pages about events, a module per subject."""

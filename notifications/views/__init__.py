"""Pages about notifications, one module per subject."""

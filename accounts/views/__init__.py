"""Pages about people and their accounts, one module per subject."""

"""The inbox of one person: its pages, marking notifications read, and notification preferences."""

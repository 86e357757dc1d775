"""From facts that have fallen due to notifications: the sweep, and what tells whether it works."""

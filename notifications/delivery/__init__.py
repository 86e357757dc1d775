"""Delivery: the sweep, which turns facts that are due into notifications, and the report of what was delivered."""

"""Delivery: the sweep, which turns facts that are due into notifications, and reports that show whether it works."""

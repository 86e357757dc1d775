"""Limit how often something may be done by one network or one user."""

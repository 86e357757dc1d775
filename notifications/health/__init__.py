"""Health: what processes record of themselves, and whether sweeps, emails and processes work."""

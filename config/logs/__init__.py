"""What logs leave out, and how often they repeat a failure."""

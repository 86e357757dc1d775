"""What the environment says, read and judged before anything starts."""

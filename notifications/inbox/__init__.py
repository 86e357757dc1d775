"""What one person was told: pages of it, marking it read, and what they want to be told."""

"""What keeps the site working, and its logs short, while Redis is away."""

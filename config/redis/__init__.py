"""What keeps the site working while Redis is away."""

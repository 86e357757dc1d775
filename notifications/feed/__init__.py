"""Live notifications: pushing them, and the sockets that they reach."""

"""Read the variables of the environment, and check them before anything starts."""

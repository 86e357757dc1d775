"""The product on real parts, which tests and tools both start. Tests import tools, and tools never import tests."""

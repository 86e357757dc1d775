"""The embedded deployment: everything that `make run` starts, in one folder."""

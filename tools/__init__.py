"""Tools that a maintainer runs and no deployment needs.

`make messages`, `make pictures`, `make bench` and `make lighthouse` start them.
"""

"""What a maintainer runs and no deployment needs: `make messages`, `make pictures`, `make bench`, `make lighthouse`."""

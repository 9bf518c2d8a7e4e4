"""Where trials run: this machine or a Dask cluster."""

"""Pools of workers, in processes of this machine or on a Dask cluster."""

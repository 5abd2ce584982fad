"""Measurements of the running deployment, each beside its limit in the same run."""

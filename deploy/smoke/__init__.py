"""A walk through a running compose deployment, as an editor and a reader make it."""

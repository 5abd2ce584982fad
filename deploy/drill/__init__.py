"""Hurt a running compose deployment on purpose, and see that nothing accepted is lost."""

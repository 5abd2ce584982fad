"""Day two of the compose deployment: backup, restore, and what they have in common."""

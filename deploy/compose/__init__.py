"""Day two of the compose deployment: backup, restore, what they share; its files checked."""

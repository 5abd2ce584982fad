"""What at least two services need. Imports no service."""

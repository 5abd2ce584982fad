"""Real servers for the tests, on private loopback ports; each class says how to get its server."""

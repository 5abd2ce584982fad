"""How the services are put together: the only code that may know all of them."""

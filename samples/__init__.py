"""Sample news about an invented commune, its drawn pictures, and a loader that uses the API."""

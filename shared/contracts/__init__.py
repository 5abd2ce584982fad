"""What crosses a boundary between services: frozen models, fields added and never removed."""

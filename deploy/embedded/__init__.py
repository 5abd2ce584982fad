"""All of Bản Tin on one machine with no server installed: SQLite for bus and data, tantivy.

A supervisor starts one operating-system process for each service's background work and one front
process that holds every service's web application and the site's files.
"""

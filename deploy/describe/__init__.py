"""The descriptions of what Bản Tin says to the outside, written from the code.

``python -m deploy.describe`` writes ``docs/openapi.json``, ``docs/asyncapi.yaml`` and the JSON
Schemas of the events. Bodies that a pydantic model reads are described by that model; answers
are described here by hand, and the tests hold the running deployment to them.
"""

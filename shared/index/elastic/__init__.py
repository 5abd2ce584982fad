"""The index on Elasticsearch 9: an alias over one index, written by any number of processes.

Words are cut and normalised by the server, with analyzers made from the tables of
``shared.text``; a question is cut by ``shared.text`` itself. The stock analysis is all it needs.
"""

from shared.index.elastic.engine import ElasticEngine
from shared.index.elastic.indices import Indices
from shared.index.elastic.reindexing import Reindexing
from shared.index.elastic.writer import ElasticIndex

__all__ = ["ElasticEngine", "ElasticIndex", "Indices", "Reindexing"]

"""The index on tantivy: a folder, one writing process, any number of reading ones.

The text is cut into words by ``shared.text`` and handed over as words between blanks, so that no
tokenizer has to be registered and index and question always agree.
"""

from shared.index.tantivy.engine import TantivyEngine
from shared.index.tantivy.writer import TantivyIndex

__all__ = ["TantivyEngine", "TantivyIndex"]

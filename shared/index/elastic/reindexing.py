"""All that a reindex needs of the server, around one client."""

from shared.index.elastic.client import WRITE_SECONDS, Address, connect
from shared.index.elastic.indices import Indices
from shared.index.elastic.lease import Lease
from shared.index.elastic.transfer import Transfer


class Reindexing:
    """Opens nothing before it is used. ``lease_seconds``: see ``Lease``."""

    def __init__(self, url: str, lease_seconds: float) -> None:
        address = Address.parse(url)
        self._client = connect(address, WRITE_SECONDS)
        self.indices = Indices(self._client, address.alias)
        self.lease = Lease(self._client, address.alias, lease_seconds)
        self.transfer = Transfer(self._client, self.indices)

    def check(self) -> None:
        """Raise IndexUnavailable where no index is live, or the server cannot be asked."""
        self.indices.targets()

    def close(self) -> None:
        self._client.close()

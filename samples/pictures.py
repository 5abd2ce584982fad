"""The pictures of the sample news, drawn by a script so that the repository keeps no binaries.

``python -m samples.pictures --out FOLDER`` writes every picture as ``<name>.jpg``.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from samples import landscapes, places, village
from samples.canvas import Canvas

_SCENES: Final[dict[str, tuple[str, Callable[[Canvas], None]]]] = {
    "doi-che": ("afa407a0-bc98-54be-a036-0639f4b395f1", landscapes.tea_hills),
    "ruong-lua": ("0ebb8bdc-c06a-5a15-831c-46794a9598e7", landscapes.rice_fields),
    "cau-ben-da": ("a87ebed4-1607-59b6-8883-e99a98115519", landscapes.bridge),
    "truong-hoc": ("24d9aa73-fc12-5f5c-98c8-44bf854ce7eb", places.school),
    "cho-que": ("7288ff91-5c48-54fd-bbc6-0312ef100c44", village.market),
    "binh-minh": ("5aedb594-e07d-55c4-8b8c-8aa074fe3def", landscapes.sunrise),
    "thuyen-ca": ("c9f35937-0a62-5155-adc0-8c6413ebc2ba", landscapes.fishing_boats),
    "thu-vien": ("a0992561-8fe2-5e32-888a-e16be4624736", places.library),
    "hang-cay": ("cb0a88bc-c299-5b40-a634-42512dad8f4c", landscapes.riverside_trees),
    "uy-ban": ("15265b74-38b9-5f99-ad86-eb28eda83185", places.office),
    "tram-y-te": ("4276098f-88bb-5d2f-ba60-9ff1b3d99fe8", places.clinic),
    "san-dinh": ("53684add-8127-5948-974a-54303dad0403", places.communal_house),
    "mua-lu": ("ff004731-98d1-50b2-99f7-67f05e1e7eef", landscapes.storm_river),
    "duong-lang": ("860c23f1-0cec-5f7a-ae5a-efcf6269f8b5", village.evening_road),
    "vuon-qua": ("fa84fd00-1e68-592c-888e-2ebe4ca51a40", village.orchard),
    "san-bong": ("628be05c-db30-54fa-a867-609fa2b77fe3", village.football_field),
    "ruong-muoi": ("f2363f42-4f2f-5f97-b07f-4d9fb3681bfd", landscapes.salt_pans),
}

PICTURES: Final[dict[str, UUID]] = {name: UUID(code) for name, (code, _) in _SCENES.items()}
"""Every picture's name and the fixed uuid under which the articles name it."""


def draw(name: str) -> bytes:
    """Return the picture as a JPEG of 1600 by 1000 pixels; one name always gives one picture.

    Raises KeyError for a name that is not in ``PICTURES``.
    """
    canvas = Canvas(name)
    _SCENES[name][1](canvas)
    return canvas.jpeg()


def main() -> None:
    """Write every picture into a folder."""
    parser = argparse.ArgumentParser(prog="python -m samples.pictures", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name in PICTURES:
        path = out / f"{name}.jpg"
        path.write_bytes(draw(name))
        print(path)


if __name__ == "__main__":
    main()

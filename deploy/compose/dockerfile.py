"""What a Dockerfile keeps to beyond hadolint, which does not look into arguments."""

import re
from collections.abc import Iterator

from deploy.compose.rules import pinned


def broken(text: str) -> Iterator[str]:
    """Yield in words what is wrong with a Dockerfile."""
    defaults = dict(re.findall(r"^ARG\s+(\w+)=(\S+)", text, re.MULTILINE))
    stages: set[str] = set()
    user = ""
    for instruction, rest in re.findall(r"^(FROM|USER)\s+(.+?)\s*$", text, re.MULTILINE):
        if instruction == "USER":
            user = rest
            continue
        user = ""
        image, _, stage = rest.partition(" AS ")
        image = re.sub(r"\$\{?(\w+)\}?", lambda place: defaults.get(place[1], ""), image)
        if image not in stages and image != "scratch" and not pinned(image):
            yield f"FROM {rest}: «{image}» is not pinned by a version"
        stages.add(stage)
    if not re.match(r"[1-9]\d*(:|$)", user):
        yield "the last image does not end with a USER that is a number other than 0"

"""The HTTP API's description is true: held to the code, to its own examples, and by generation."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest

from deploy.describe import __main__ as describe
from deploy.describe import examples, openapi
from shared.http import Kind
from tests.deployment import ROOT, Deployment, Editor, document
from tests.servers.reporting import in_ci

DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
EXAMPLES = {"embedded": "20", "servers": "6"} if in_ci() else {"embedded": "8", "servers": "4"}
"""How often each operation is tried; on servers it is the same code behind another front door."""
STRANGER_EXAMPLES = {"embedded": "6", "servers": "2"}
"""Likewise, without a token: most of it ends at the refusal."""
AUTOMATIC = {"HEAD", "OPTIONS"}
"""Methods that the framework answers by itself."""
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)


def test_the_committed_descriptions_are_what_the_code_says() -> None:
    assert describe.stale() == [], "run: make docs"


def test_a_stale_or_missing_description_is_noticed(tmp_path: Path) -> None:
    assert set(describe.stale(tmp_path)) == set(describe.files())


ROUTES = """
import json
from services.ingest import bootstrap as ingest
from services.search import bootstrap as search
from services.visits import bootstrap as visits
ingest.migrate()
visits.migrate()
rules = [r for b in (ingest, search, visits) for r in b.build_app().url_map.iter_rules()]
print(json.dumps([[rule.rule, sorted(rule.methods)] for rule in rules]))
"""


def test_every_address_of_the_applications_is_described_and_no_other(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ROUTES],
        cwd=ROOT,
        env={**os.environ, "BANTIN_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule), method)
        for rule, methods in json.loads(done.stdout.splitlines()[-1])
        for method in set(methods) - AUTOMATIC
    }
    described = {
        (path, method.upper()) for path, item in DOCUMENT["paths"].items() for method in item
    }
    assert served == described


def test_the_problems_are_the_closed_list_and_every_reference_leads_somewhere() -> None:
    assert set(DOCUMENT["components"]["responses"]) == {kind.slug for kind in Kind}
    for reference in _references(DOCUMENT):
        found = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_every_schema_is_one_and_every_example_keeps_to_its_schema() -> None:
    for name in DOCUMENT["components"]["schemas"]:
        jsonschema_rs.meta.validate({"$schema": _DIALECT, **_standalone(name)})
    seen = 0
    for schema, example in _examples(strict(DOCUMENT)):
        validator = jsonschema_rs.validator_for(schema, validate_formats=True)
        assert not list(validator.iter_errors(example)), example
        seen += 1
    assert seen > 30


_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)


def _standalone(name: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return found


def _examples(value: Any, components: Any = None) -> Iterator[tuple[dict[str, Any], Any]]:
    """Give each example with its schema, made able to stand alone."""
    if components is None:
        components = value["components"]
    if isinstance(value, dict):
        if "schema" in value and "example" in value:
            yield {"components": components, "allOf": [value["schema"]]}, value["example"]
        for one in value.values():
            yield from _examples(one, components)


def strict(found: dict[str, Any]) -> dict[str, Any]:
    """Return the document as the tests read it: a field that it does not name is wrong.

    Lines of JSON, which OpenAPI 3.1 cannot describe, become lists.
    """
    copied: dict[str, Any] = json.loads(json.dumps(found))
    for schema in copied["components"]["schemas"].values():
        if schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
    imports = copied["paths"]["/v1/import"]["post"]
    taken = imports["requestBody"]["content"]["application/x-ndjson"]
    told = imports["responses"]["200"]["content"]["application/x-ndjson"]
    for content, item in ((taken, "Article"), (told, "ImportResult")):
        items = {"$ref": f"#/components/schemas/{item}"}
        content["schema"] = {"type": "array", "items": items}
        content["example"] = [json.loads(line) for line in content["example"].splitlines()]
    taken["schema"]["maxItems"] = 4
    return copied


class Page(HTMLParser):
    """What matters of a page: its elements, its anchors and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name in {"href", "src"}:
                self.links.add(value or "")


def test_the_documentation_needs_no_script_and_nothing_from_elsewhere(
    deployment: Deployment,
) -> None:
    answer = deployment.http.get("/docs/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    page = Page(answer.text)
    assert not page.tags & {"script", "style", "img", "iframe", "object"}
    assert not {name for name in page.attributes if name == "style" or name.startswith("on")}
    assert len(page.ids) == len(set(page.ids))
    inside = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert inside <= set(page.ids)
    elsewhere = {link for link in page.links if not link.startswith("#")}
    assert elsewhere == {"/docs/openapi.json", "/docs/style.css"}
    for link in elsewhere:
        assert deployment.http.get(link).status_code == 200


def test_the_documentation_names_every_address_field_and_problem(deployment: Deployment) -> None:
    html = deployment.http.get("/docs/").text
    for path, item in DOCUMENT["paths"].items():
        for method in item:
            assert f"<code><b>{method.upper()}</b> {path}</code>" in html
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert f'id="schema-{name}"' in html
        for field in schema.get("properties", {}):
            assert f"<code>{field}</code>" in html
    for kind in Kind:
        assert f"urn:bantin:problem:{kind.slug}" in html


def test_programs_get_the_committed_document_and_may_keep_it(deployment: Deployment) -> None:
    answer = deployment.http.get("/docs/openapi.json")
    assert answer.json() == openapi.document()
    again = {"If-None-Match": answer.headers["etag"]}
    assert deployment.http.get("/docs/openapi.json", headers=again).status_code == 304


@pytest.fixture(scope="module")
def newsroom(editor: Editor) -> Editor:
    """What the fuzzer finds: the articles, the picture and the category of the examples."""
    media = editor.http.put(
        f"/v1/media/{examples.MEDIA_ID}", content=PNG, headers={"Content-Type": "image/png"}
    )
    assert media.status_code in {200, 201}, media.text
    article_id = UUID(examples.ARTICLE_ID)
    assert editor.put(article_id, examples.ARTICLE).is_success
    assert editor.publish(article_id).is_success
    assert editor.put(UUID(int=article_id.int + 1), document("Bản nháp")).is_success
    return editor


def fuzz(deployment: Deployment, folder: Path, *arguments: str) -> str:
    """Run every check of the fuzzer but one, by every way of generating that it has.

    The one: that what keeps to the schema is always taken, for no schema knows which categories
    and pictures there are. A bad line of an import is refused inside its 200.
    """
    (folder / "openapi.json").write_text(json.dumps(strict(DOCUMENT)))
    ids = [examples.ARTICLE_ID, str(UUID(int=UUID(examples.ARTICLE_ID).int + 1))]
    (folder / "schemathesis.toml").write_text(
        f"""
        [dictionaries]
        articles = {{ values = {json.dumps(ids)} }}
        pictures = {{ values = ["{examples.MEDIA_ID}"] }}
        [parameters]
        "path.article_id" = {{ dictionary = "articles", probability = 0.8 }}
        "path.media_id" = {{ dictionary = "pictures", probability = 0.6 }}
        [[operations]]
        include-operation-id = "importArticles"
        checks.negative_data_rejection.enabled = false
        """
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(folder / "schemathesis.toml"), "run", "openapi.json"),
            *("--url", deployment.url, "--generation-deterministic", "--continue-on-failure"),
            *("--exclude-checks", "positive_data_acceptance", "--no-color", *arguments),
        ],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzzing_hooks", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_whatever_an_editor_sends_the_answer_is_one_that_the_document_names(
    deployment: Deployment, newsroom: Editor, tmp_path: Path
) -> None:
    token = newsroom.http.headers["Authorization"]
    said = fuzz(
        deployment, tmp_path, "-n", EXAMPLES[deployment.kind], "-H", f"Authorization: {token}"
    )
    operations = sum(len(item) for item in DOCUMENT["paths"].values())
    assert f"Tested: {operations}" in said
    assert deployment.http.get("/docs/").status_code == 200
    assert deployment.is_ready()


def test_whatever_a_stranger_sends_the_answer_is_one_that_the_document_names(
    deployment: Deployment, newsroom: Editor, tmp_path: Path
) -> None:
    before = newsroom.http.get("/v1/articles").json()
    fuzz(deployment, tmp_path, "-n", STRANGER_EXAMPLES[deployment.kind])
    assert newsroom.http.get("/v1/articles").json() == before, "nothing was changed"

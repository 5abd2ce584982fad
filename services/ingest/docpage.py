"""An OpenAPI document as one page that needs no script. Pure."""

import json
import re
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_TEMPLATES: Final = Path(__file__).parent / "templates"
_CODE: Final = re.compile(r"`([^`]+)`")
_SCHEMAS: Final = "#/components/schemas/"
_LIMITS: Final = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "minimum": "from {}",
    "maximum": "to {}",
    "pattern": "pattern `{}`",
    "default": "else `{}`",
}

Json = dict[str, Any]


def page(document: bytes) -> bytes:
    """Return the page of an OpenAPI 3.1 document, as UTF-8 HTML."""
    api: Json = json.loads(document)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "prose": prose,
        "paragraphs": lambda text: [prose(part) for part in text.split("\n\n")],
        "kind": kind,
        "limits": lambda schema: prose(limits(schema)),
        "example": example,
    }
    shown = environment.get_template("docs.html").render(
        info=api["info"],
        sections=[section(api, tag) for tag in api["tags"]],
        bearer=api["components"]["securitySchemes"]["bearer"],
        problems=[_problem(found) for found in api["components"]["responses"].values()],
        schemas=api["components"]["schemas"],
    )
    return shown.encode()


def prose(text: str) -> Markup:
    """Return text as HTML, with what stands in backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped


def section(api: Json, tag: Json) -> Json:
    """Return a tag with its operations, in the order of the document."""
    found = [
        _operation(api, path, method, operation)
        for path, methods in api["paths"].items()
        for method, operation in methods.items()
        if tag["name"] in operation["tags"]
    ]
    return {**tag, "id": tag["name"].lower(), "operations": found}


def _operation(api: Json, path: str, method: str, operation: Json) -> Json:
    responses = []
    for status, response in operation["responses"].items():
        whole = _resolved(api, response)
        responses.append({"status": status, "content": {}, **whole, "shared": "$ref" in response})
    scopes = [scope for need in operation["security"] for scope in need.get("bearer", [])]
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation["description"],
        "open": not operation["security"],
        "scopes": scopes,
        "parameters": operation.get("parameters", []),
        "body": operation.get("requestBody"),
        "responses": responses,
    }


def _resolved(api: Json, value: Json) -> Json:
    found: Any = value
    if "$ref" in value:
        found = api
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
    resolved: Json = found
    return resolved


def _problem(response: Json) -> Json:
    (content,) = response["content"].values()
    found: Json = content["example"]
    return {"meaning": response["description"], **found}


def kind(schema: Json) -> Markup:
    """Return in a few words what a value is, with links to the schemas that it names."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_SCHEMAS)
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return Markup(" or ").join(kind(one) for one in schema[choice])
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    if values:
        return Markup(", ").join(_code(value) for value in values)
    types = schema.get("type", "anything")
    if isinstance(types, list):
        return Markup(" or ").join(kind({**schema, "type": one}) for one in types)
    if types == "array":
        return Markup("list of ") + kind(schema.get("items", {}))
    return escape(schema["format"] if types == "string" and "format" in schema else types)


def _code(value: object) -> Markup:
    return Markup("<code>{}</code>").format(value)


def limits(schema: Json) -> str:
    """Return the bounds of a value in words; empty if it has none."""
    return "; ".join(
        words.format(schema[name])
        for name, words in _LIMITS.items()
        if name in schema and schema[name] not in (None, [])
    )


def example(value: object) -> str:
    """Return an example as it goes over the wire, laid out for people."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)

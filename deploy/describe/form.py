"""How descriptions are put together. Pure."""

import json
from typing import Any, Final

from pydantic import BaseModel

Json = dict[str, Any]
REF: Final = "#/components/schemas/"


def encode(document: Json) -> str:
    """Return the document as it is committed: stable, and readable in a diff."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def ref(name: str) -> Json:
    return {"$ref": REF + name}


def nullable(schema: Json) -> Json:
    """Return the schema of the same or null, as JSON Schema 2020-12 writes it."""
    if set(schema) & {"$ref", "enum", "const"} or not isinstance(schema.get("type"), str):
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def obj(description: str, fields: Json, *, optional: tuple[str, ...] = ()) -> Json:
    """Return an object of which every field is there but the optional ones."""
    return {
        "type": "object",
        "description": description,
        "properties": fields,
        "required": [name for name in fields if name not in optional],
    }


def array(items: Json, description: str | None = None) -> Json:
    found: Json = {"type": "array", "items": items}
    return found if description is None else found | {"description": description}


def text(description: str | None = None, **more: Any) -> Json:
    found: Json = {"type": "string", **more}
    return found if description is None else found | {"description": description}


def moment(description: str | None = None) -> Json:
    return text(description, format="date-time")


def uuid(description: str | None = None) -> Json:
    return text(description, format="uuid")


def number(description: str | None = None, minimum: int = 0, **more: Any) -> Json:
    found: Json = {"type": "integer", "minimum": minimum, **more}
    return found if description is None else found | {"description": description}


def of_models(*models: type[BaseModel], mode: str = "validation") -> Json:
    """Return the schemas of models and of every model inside them, by name."""
    found: Json = {}
    for model in models:
        schema = model.model_json_schema(
            by_alias=True,
            ref_template=REF + "{model}",
            mode="serialization" if mode == "serialization" else "validation",
        )
        inner = schema.pop("$defs", {})
        for name, one in [*inner.items(), (model.__name__, schema)]:
            tidy = _tidy(one)
            if found.setdefault(name, tidy) != tidy:
                raise ValueError(f"two models are called {name}")
    return found


def _tidy(schema: Any) -> Any:
    """Leave out the titles that pydantic makes of the fields' names; they say nothing."""
    if isinstance(schema, list):
        return [_tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found: Json = {}
    for key, value in schema.items():
        if key == "properties":
            found[key] = {name: _tidy(one) for name, one in value.items()}
        elif key == "description":
            found[key] = " ".join(str(value).split())
        elif key != "title":
            found[key] = _tidy(value)
    return found

"""Convert the OpenAPI 3.1 document to Swagger 2.0, for hosts that import nothing newer (Power Automate's connectors)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

JSON = "application/json"
REFERENCE_PREFIXES = {
    "#/components/schemas/": "#/definitions/",
    "#/components/responses/": "#/responses/",
}

Json = dict[str, Any]


def convert_to_swagger(document: Mapping[str, Any]) -> Json:
    """Convert a document of ours; elements that it never uses are not supported."""
    info = document["info"]
    scheme = document["components"]["securitySchemes"]["bearer"]
    return {
        "swagger": "2.0",
        "info": {**info, "license": {"name": info["license"]["name"]}},
        **_split_server(document["servers"][0]["url"]),
        "consumes": [JSON],
        "produces": [JSON, "application/problem+json"],
        "securityDefinitions": {
            "bearer": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "description": f"The word Bearer, a blank and the token. {scheme['description']}",
            }
        },
        "security": document["security"],
        "tags": document["tags"],
        "paths": {
            path: {method: _convert_operation(one) for method, one in methods.items()}
            for path, methods in document["paths"].items()
        },
        "definitions": {
            name: _convert_schema(one) for name, one in document["components"]["schemas"].items()
        },
        "responses": {
            name: _convert_response(one) for name, one in document["components"]["responses"].items()
        },
    }


def _split_server(server: str) -> Json:
    parts = urlsplit(server)
    path = parts.path.rstrip("/") or "/"
    return (
        {"host": parts.netloc, "basePath": path, "schemes": [parts.scheme]}
        if parts.netloc
        else {"basePath": path}
    )


def _convert_operation(operation: Mapping[str, Any]) -> Json:
    kept = {
        name: one for name, one in operation.items() if name not in {"requestBody", "parameters", "responses"}
    }
    parameters = [
        {**{key: value for key, value in one.items() if key != "schema"}, **_convert_schema(one["schema"])}
        for one in operation.get("parameters", [])
    ]
    if body := operation.get("requestBody"):
        content = body["content"][JSON]
        schema = {**_convert_schema(content["schema"]), "example": content["example"]}
        parameters.append({"name": "body", "in": "body", "required": body["required"], "schema": schema})
    kinds = list(next(iter(operation["responses"].values()))["content"])
    return {
        **kept,
        **({} if JSON in kinds else {"produces": [*kinds, "application/problem+json"]}),
        "parameters": parameters,
        "responses": {status: _convert_response(one) for status, one in operation["responses"].items()},
    }


def _convert_response(response: Mapping[str, Any]) -> Json:
    if "$ref" in response:
        return dict(_convert_schema(response))
    kind, content = next(iter(response["content"].items()))
    shown: Json = {"description": response["description"], "schema": _convert_schema(content["schema"])}
    if "example" in content:
        shown["examples"] = {kind: content["example"]}
    if "headers" in response:
        shown["headers"] = {
            name: {"description": one["description"], **one["schema"]}
            for name, one in response["headers"].items()
        }
    return shown


def _convert_schema(node: Any) -> Any:
    if isinstance(node, list):
        return [_convert_schema(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    found = {
        key: value if key in {"example", "enum"} else _convert_schema(value) for key, value in node.items()
    }
    if isinstance(found.get("$ref"), str):
        for ours, theirs in REFERENCE_PREFIXES.items():
            found["$ref"] = found["$ref"].replace(ours, theirs)
    bound = found.get("exclusiveMinimum")
    if isinstance(bound, int | float) and not isinstance(bound, bool):
        found |= {
            "minimum": bound,
            "exclusiveMinimum": True,
        }  # a number and a flag before draft 6 of JSON Schema
    return found

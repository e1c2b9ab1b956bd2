"""GitHub's own description of its API: what a request must be like, and a GraphQL that can be asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import npm
from graphql import GraphQLSchema, build_ast_schema, parse
from jsonschema import Draft4Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT4

OPENAPI = (
    "@octokit/openapi",
    "23.0.2",
    "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
    "generated/api.github.com.json",
)
GRAPHQL = (
    "@octokit/graphql-schema",
    "15.26.1",
    "sha512-RFDC2MpRBd4AxSRvUeBIVeBU7ojN/SxDfALUd7iVYOSeEK3gZaqR2MGOysj4Zh2xj2RY5fQAUT+Oqq7hWTraMA==",
    "schema.graphql",
)


def schema() -> GraphQLSchema:
    """GitHub's GraphQL schema."""
    return _schema()


def violations(method: str, path: str, query: Mapping[str, str], body: object) -> list[str]:
    """Say in what a request differs from what GitHub describes."""
    found = _operation(method.lower(), path)
    if found is None:
        return [f"{method} {path}: GitHub describes no such request"]
    operation, values = found
    parameters = [_resolved(parameter) for parameter in operation.get("parameters", ())]
    wrong = _parameters(parameters, values, query)
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return wrong + (["there is a body, and none is described"] if body is not None else [])
    wrong += [error.message for error in _validator(content["schema"]).iter_errors(body or {})]
    return wrong + _unknown(content["schema"], body or {}, "body")


def _parameters(
    described: list[Mapping[str, Any]], values: Mapping[str, str], query: Mapping[str, str]
) -> list[str]:
    wrong = []
    given = {"path": values, "query": query}
    for parameter in described:
        text = given.get(parameter["in"], {}).get(parameter["name"])
        if text is None:
            wrong += [f"{parameter['name']} is missing"] if parameter.get("required") else []
            continue
        kind = parameter["schema"].get("type")
        value: object = int(text) if kind == "integer" and re.fullmatch(r"-?\d+", text) else text
        wrong += [error.message for error in _validator(parameter["schema"]).iter_errors(value)]
    known = {parameter["name"] for parameter in described if parameter["in"] == "query"}
    return wrong + [f"{name} is no parameter" for name in query.keys() - known]


def _unknown(schema: Mapping[str, Any], value: object, where: str) -> list[str]:
    """GitHub's description lets unknown properties pass; for us they are mistakes."""
    schema = _resolved(schema)
    if isinstance(value, list):
        return [error for each in value for error in _unknown(schema.get("items", {}), each, f"{where}[]")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    wrong = [f"{where}.{name} is not described" for name in value.keys() - schema["properties"].keys()]
    for name, each in value.items():
        wrong += _unknown(schema["properties"].get(name, {}), each, f"{where}.{name}")
    return wrong


def _operation(method: str, path: str) -> tuple[Mapping[str, Any], dict[str, str]] | None:
    for pattern, template, item in _paths():
        match = pattern.fullmatch(path)
        if match is not None and method in item:
            names = re.findall(r"\{([\w-]+)\}", template)
            return item[method], dict(zip(names, match.groups(), strict=True))
    return None


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(npm.file(*OPENAPI).read_bytes())
    return document


@cache
def _paths() -> list[tuple[re.Pattern[str], str, Mapping[str, Any]]]:
    """The described paths, those with the fewest names to fill in first."""
    paths = sorted(_document()["paths"].items(), key=lambda entry: entry[0].count("{"))
    return [
        (re.compile(re.sub(r"\\\{[\w\\-]+\\\}", "([^/]+)", re.escape(path))), path, item)
        for path, item in paths
    ]


def _resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        target: Any = _document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


@cache
def _registry() -> Registry[Any]:
    return Registry().with_resource("", DRAFT4.create_resource(_document()))


def _validator(schema: Mapping[str, Any]) -> Draft4Validator:
    return _OpenApi(schema, registry=_registry())


def _type(validator: Any, types: Any, instance: object, schema: Mapping[str, Any]) -> Any:
    """OpenAPI 3.0 says ``nullable`` where JSON Schema has another type."""
    if instance is None and schema.get("nullable"):
        return
    yield from Draft4Validator.VALIDATORS["type"](validator, types, instance, schema)


_OpenApi = extend(Draft4Validator, {"type": _type})


@cache
def _schema() -> GraphQLSchema:
    text = re.sub(r'"""[\s\S]*?"""', "", npm.file(*GRAPHQL).read_text("utf-8"))
    return build_ast_schema(parse(text, no_location=True), assume_valid=True, assume_valid_sdl=True)

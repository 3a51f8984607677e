"""Import modules and build models once, before workers are forked."""

from functools import cache
from importlib import import_module
from typing import Any

import httpx2
from pydantic import BaseModel

from ix_tools.domain.types import Call, Record
from ix_tools.operations.registry import catalogue

for module in (
    "anyio._backends._asyncio",
    "babel.dates",
    "babel.numbers",
    "email_validator",
    "dbos",
    "faults.matrix",
    "faults.parked_kills",
    "faults.worker",
    "ix_tools.pipeline.outcome_detection",
    "ix_tools.pipeline.execute",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
):
    try:
        import_module(module)
    except ImportError:
        continue


def build_models(base: type[BaseModel]) -> None:
    """Build all models that would otherwise be built on first use."""
    for model in base.__subclasses__():
        if not getattr(model, "__pydantic_complete__", True):
            model.model_rebuild(raise_errors=False)
        build_models(model)


catalogue()
for kind in (Call, Record):
    build_models(kind)

# Loading the machine's certificates takes longer than everything else, and nothing here uses TLS.
transport: Any = import_module("httpx2._transports.default")
transport.create_ssl_context = cache(transport.create_ssl_context)
httpx2.AsyncClient(trust_env=False)

"""Search all operations by words in Portuguese or English, and describe them, for hosts that list only some tools."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ix_tools.config.settings import Settings
from ix_tools.errors import InvalidArguments
from ix_tools.fiscal.exemptions import split_words
from ix_tools.operations.access import get_disabled_reason
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue, map_toolsets
from ix_tools.operations.spec import Effect
from ix_tools.schemas.json_schema import build_input_schema, build_output_schema, get_description
from ix_tools.text.fuzzy_match import find_closest

MAX_RESULTS = 12
"""Upper limit for the operations found; no toolset has more."""
MIN_STEM_LENGTH = 4
"""Minimum length of a word that matches every word it begins, such as fatur or invoic."""

SYNONYMS: Mapping[str, str] = {
    "fatur": "invoice", "factur": "invoice", "recib": "receipt payment", "simplificad": "simplified",
    "nota": "note", "credito": "credit", "debito": "debit", "documento": "document", "rascunho": "draft",
    "orcament": "quote estimate", "proform": "proformas estimate", "proposta": "quote estimate",
    "guia": "guide", "transport": "transport guide", "remessa": "delivery guide", "devoluc": "return guide",
    "pagamento": "payment", "pagar": "payment generate", "pago": "payment generate", "liquid": "settle",
    "cobr": "payment", "serie": "series sequence", "numeracao": "series sequence", "regist": "register record",
    "taxa": "vat tax", "imposto": "vat tax", "iva": "vat tax", "isen": "exemption", "motivo": "exemption",
    "artigo": "item", "produto": "item", "servico": "item", "preco": "item", "catalogo": "item",
    "cliente": "client", "contribuinte": "client", "nif": "client", "contacto": "client", "customer": "client",
    "saldo": "balance", "divida": "owes balance", "deve": "owes balance", "corrente": "balance",
    "tesourar": "treasury", "adiantament": "advance treasury", "reembols": "reimbursement treasury",
    "moviment": "movement", "acert": "regularization", "abat": "regularization", "regulariz": "regularization",
    "ficheiro": "file", "financas": "at", "autoridade": "at", "comunic": "communication at",
    "conta": "account", "organizacao": "account", "empresa": "account",
    "codigo": "code", "imprimir": "pdf", "descarregar": "pdf", "print": "pdf", "download": "pdf",
    "enviar": "email send", "mandar": "email send", "correio": "email", "mail": "email",
    "criar": "create", "novo": "create", "nova": "create", "abrir": "create", "adicionar": "create add",
    "fazer": "create", "emit": "finalize create", "new": "create", "issue": "finalize create",
    "alter": "update", "mudar": "update", "edit": "update", "atualiz": "update", "actualiz": "update",
    "corrig": "update", "change": "update", "renomear": "rename", "apag": "delete", "elimin": "delete",
    "remov": "delete", "anul": "cancel", "cancel": "cancel", "finaliz": "finalize", "fechar": "finalize",
    "listar": "list", "ver": "list get", "mostrar": "list get", "show": "list get", "consult": "get",
    "ler": "get", "obter": "get", "procur": "find", "encontr": "find", "pesquis": "find", "search": "find",
    "padrao": "default", "predefin": "default", "relacionad": "related", "aceit": "accept", "recus": "refuse",
    "rejeit": "refuse", "reject": "refuse", "inicial": "initial", "exportar": "export", "pay": "payment",
}  # fmt: skip
"""Words of the catalogue for the beginnings of other words."""
STOP_WORDS = frozenset(
    split_words(
        "a o as os um uma de do da dos das em no na para por com que e the an of to for in on and how"
    )
)
APPROVED_BY = {True: "a person, every call", False: "nobody needed"}


def find_operations(text: str, settings: Settings) -> list[dict[str, Any]]:
    """Return the operations that match the most words, best first."""
    wanted = [word for word in split_words(text) if word not in STOP_WORDS]
    scored = []
    for operation in catalogue().values():
        if get_disabled_reason(operation.spec, settings) is None:
            weights = [_score_word(word, operation.spec.name) for word in wanted]
            scored.append((sum(map(bool, weights)), sum(weights), operation))
    most = max((hits for hits, _, _ in scored), default=0)
    best = sorted((one for one in scored if one[0] == most > 0), key=lambda one: -one[1])
    return [summarize_operation(operation) for _, _, operation in best[:MAX_RESULTS]]


def describe_operation(name: str, settings: Settings) -> dict[str, Any]:
    """Return description, schemas, example and rules of an operation.

    Raises: the refusal when the settings do not allow it.
    """
    operation = get_operation(name)
    spec = operation.spec
    if (refusal := get_disabled_reason(spec, settings)) is not None:
        raise refusal
    return {
        **summarize_operation(operation),
        "title": spec.title,
        "does": get_description(operation),
        "input_schema": build_input_schema(operation),
        "output_schema": build_output_schema(operation),
        "example": dict(spec.example),
        "rules": [_get_first_sentence(guard.__doc__) for guard in spec.guards],
    }


def summarize_operation(operation: type[Operation[Any]]) -> dict[str, Any]:
    """Return an operation's name, first sentence, effect, approver and toolset."""
    spec = operation.spec
    by = (
        "whoever approves what it runs"
        if spec.effect is Effect.ANY
        else APPROVED_BY[spec.effect.needs_approval]
    )
    return {
        "operation": spec.name,
        "does": get_description(operation).split("\n")[0].split(". ")[0].rstrip(".") + ".",
        "effect": spec.effect.value,
        "approved_by": by,
        "toolset": map_toolsets()[spec.name],
    }


def get_operation(name: str) -> type[Operation[Any]]:
    """Return an operation by name.

    Raises: InvalidArguments with similar names when there is none.
    """
    operation = catalogue().get(name)
    if operation is None:
        near = " or ".join(find_closest(name, catalogue(), 3, 0.6))
        raise InvalidArguments(
            f"There is no tool called {name[:64]!r}.",
            code="unknown_tool",
            next=f"{f'call {near} if that is meant, or ' if near else ''}find it by words with search_operations",
        )
    return operation


def _score_word(wanted: str, name: str) -> int:
    """Return the weight of a word for an operation: highest in its name, lowest in its description and values."""
    meant = {wanted.removesuffix("s")}
    for beginning, words in SYNONYMS.items():
        if wanted == beginning or (len(beginning) >= MIN_STEM_LENGTH and wanted.startswith(beginning)):
            meant.update(words.split())
    return max(
        (weight for word, weight in _get_weighted_words(name) for one in meant if _is_match(one, word)),
        default=0,
    )


def _is_match(one: str, other: str) -> bool:
    return one == other or (
        min(len(one), len(other)) >= MIN_STEM_LENGTH and (other.startswith(one) or one == f"{other}s")
    )


@cache
def _get_weighted_words(name: str) -> tuple[tuple[str, int], ...]:
    return tuple(_weigh_words(catalogue()[name]))


def _weigh_words(operation: type[Operation[Any]]) -> Iterator[tuple[str, int]]:
    schema = build_input_schema(operation)["properties"]
    values = " ".join(str(value) for one in schema.values() for value in one.get("enum", ()))
    texts = {
        operation.spec.name: 8,
        operation.spec.title: 5,
        operation.spec.keywords: 5,
        map_toolsets()[operation.spec.name]: 3,
        get_description(operation): 2,
        values: 1,
    }
    for text, weight in texts.items():
        yield from ((word, weight) for word in split_words(text.replace("_", " ")))


def _get_first_sentence(text: str | None) -> str:
    return " ".join((text or "").strip().split("\n\n")[0].split())

"""The description of `/batches` in OpenAPI."""

from collections.abc import Mapping
from typing import Any, get_args

from ix_tools.domain.batch_states import BatchState, RowState

EXAMPLE_ID = "K7M2QX4RAB"
_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer"}
_STATES = list(get_args(BatchState))
_DOCUMENT_STATES = list(get_args(RowState))
_ROW: dict[str, Any] = {
    "type": "object",
    "properties": {
        "row": {"type": "integer", "description": "Row of the file on which the document begins."},
        "state": {"type": "string", "enum": _DOCUMENT_STATES},
        "document_type": _TEXT,
        "id": _COUNT,
        "number": _TEXT,
        "total": _TEXT,
        "problem": {"type": "string", "description": "Why it was not issued, and what to do next."},
    },
    "required": ["row", "state"],
}
BATCH_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ok": {"type": "boolean"},
        "id": _TEXT,
        "file": {"type": "string", "description": "Name of the file."},
        "purpose": {"type": "string", "enum": ["issue", "delete"]},
        "state": {
            "type": "string",
            "enum": _STATES,
            "description": "asked: a person must approve. done and partial are the ends; stopped, rejected and expired "
            "go on when the same file is sent again.",
        },
        "documents": {
            "type": "object",
            "description": "How many documents are in each state.",
            "additionalProperties": _COUNT,
        },
        "approval": {"type": "string", "description": "Id of the approval; GET /approvals/{id}."},
        "reason": {"type": "string", "description": "Why it stopped."},
        "rows": {
            "type": "array",
            "description": "Documents with a problem; after the end, all.",
            "items": _ROW,
        },
        "rows_not_shown": {"type": "integer", "description": "Number of further ones; the report has all."},
    },
    "required": ["id", "file", "purpose", "state", "documents", "rows"],
}
_ONE: dict[str, Any] = {"$ref": "#/components/schemas/Batch"}
_ASKED: dict[str, Any] = {
    "ok": True,
    "id": EXAMPLE_ID,
    "file": "members.csv",
    "purpose": "issue",
    "state": "asked",
    "documents": {"drafted": 199, "held": 1},
    "approval": "5f0c2d1e9b7a",
    "rows": [
        {
            "row": 17,
            "state": "held",
            "document_type": "invoices",
            "id": 1016,
            "total": "61.50",
            "problem": "The draft is not what the file asked for, so it is not approved with the others.",
        }
    ],
}
_DONE: dict[str, Any] = {
    "ok": True,
    "id": EXAMPLE_ID,
    "file": "members.csv",
    "purpose": "issue",
    "state": "done",
    "documents": {"done": 1},
    "approval": "5f0c2d1e9b7a",
    "rows": [
        {
            "row": 2,
            "state": "done",
            "document_type": "invoices",
            "id": 1001,
            "number": "1/2026",
            "total": "74.42",
        }
    ],
}
_LISTED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ok": {"type": "boolean"},
        "batches": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": _TEXT,
                    "file": _TEXT,
                    "state": {"type": "string", "enum": _STATES},
                    "created_at": _TEXT,
                },
                "required": ["id", "file", "state", "created_at"],
            },
        },
    },
    "required": ["ok", "batches"],
}
_FILE = (
    "date;due_date;client_code;item;quantity;price;tax\r\n2026-11-20;30d;ACME;Member's fee;1;60,50;IVA23\r\n"
)
_ROWS = [
    {
        "date": "2026-11-20",
        "due_date": "30d",
        "client_code": "ACME",
        "item": "Member's fee",
        "quantity": 1,
        "price": 60.5,
        "tax": "IVA23",
    }
]


def describe_batches(failures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the paths, with the responses of their failures."""
    ident = {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "Id of the batch.",
        "schema": _TEXT,
    }

    def describe(name: str, summary: str, responses: Mapping[str, Any], *further: Any, **more: Any) -> Any:
        account = {
            "name": "account",
            "in": "query",
            "description": "One of your accounts; required if you have several.",
            "schema": _TEXT,
        }
        return {
            "operationId": name,
            "tags": ["batches"],
            "summary": summary,
            "x-openai-isConsequential": False,
            "parameters": [*further, account],
            "responses": {**responses, **failures},
            **more,
        }

    started = {
        "202": _answer(
            "Every row passed every rule; the batch is carried on. Location is where to ask.", _ASKED
        ),
        "200": _answer("The batch of this file has ended already; nothing is done twice.", _DONE),
    }
    begin = describe(
        "start_batch",
        "Start a batch from a file",
        started,
        _query("name", "Name of the file, such as members.csv; its ending must fit the content."),
        _query("sheet", "Sheet of a workbook with several."),
        description="The body is the file: CSV, xlsx, ods, xls or a JSON list of rows. Nothing is written before every row has "
        "passed every rule; 422 lists all faults. The same file again returns its batch.",
        requestBody={
            "required": True,
            "content": {
                "text/csv": {"schema": _TEXT, "example": _FILE},
                "application/json": {
                    "schema": {"type": "array", "items": {"type": "object"}},
                    "example": _ROWS,
                },
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        },
    )
    listing = {
        "200": {"description": "Your newest batches.", "content": {"application/json": {"schema": _LISTED}}}
    }
    report = {
        "200": {
            "description": "The rows of the file with status, id, number, total and problem.",
            "content": {"text/csv": {"schema": _TEXT}},
        }
    }
    return {
        "/batches": {"post": begin, "get": describe("list_batches", "Your batches", listing)},
        "/batches/{id}": {
            "get": describe(
                "get_batch_state", "State of a batch", {"200": _answer("State of the batch.", _ASKED)}, ident
            )
        },
        "/batches/{id}/report": {"get": describe("get_batch_report", "Report of a batch", report, ident)},
        "/batches/{id}/discard": {
            "post": describe(
                "discard_batch_drafts",
                "Delete a batch's drafts",
                {
                    "202": _answer(
                        "A person is asked about deleting its drafts.", {**_ASKED, "purpose": "delete"}
                    )
                },
                ident,
            )
        },
    }


def _query(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": _TEXT}


def _answer(description: str, example: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": _ONE, "example": dict(example)}},
    }

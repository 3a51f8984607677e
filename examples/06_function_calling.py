"""A model's tool call, in OpenAI's and in Anthropic's form, checked against the published schema and sent down the same road."""

import json
from pathlib import Path
from typing import Any

import anyio
from jsonschema import Draft202012Validator
from sandboxed import Office, office

SCHEMAS = Path(__file__).resolve().parent.parent / "tool_schemas"
OPENAI = {
    one["function"]["name"]: one["function"]
    for one in json.loads((SCHEMAS / "openai.json").read_text("utf-8"))
}
ANTHROPIC = {one["name"]: one for one in json.loads((SCHEMAS / "anthropic.json").read_text("utf-8"))}

# What a model answers when it was given those files as its tools. (No model is called here.)
ARGUMENTS = {
    "date": "today",
    "due_date": "+30d",
    "client": {"code": "ACME"},
    "items": [{"name": "Revisão", "unit_price": 100, "quantity": 1, "tax": "IVA23"}],
}
FROM_OPENAI = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "create_invoice", "arguments": json.dumps(ARGUMENTS)},
}
FROM_ANTHROPIC = {"type": "tool_use", "id": "toolu_1", "name": "find_client", "input": {"code": "ACME"}}


async def carried_out(here: Office, name: str, arguments: dict[str, Any], schema: dict[str, Any]) -> str:
    """The text to hand back to the model: a result, or a refusal it can act on."""
    faults = [fault.message for fault in Draft202012Validator(schema).iter_errors(arguments)]
    body = (
        {"ok": False, "problems": faults, "sent": "nothing"} if faults else await here.call(name, arguments)
    )
    return json.dumps(body, ensure_ascii=False)


async def main() -> None:
    """Run the example."""
    async with office() as here:
        asked = FROM_OPENAI["function"]
        text = await carried_out(
            here, asked["name"], json.loads(asked["arguments"]), OPENAI[asked["name"]]["parameters"]
        )
        answer = {"role": "tool", "tool_call_id": FROM_OPENAI["id"], "content": text}
        print(f"OpenAI: {asked['name']} -> {answer['content'][:90]}...")

        name = FROM_ANTHROPIC["name"]
        text = await carried_out(here, name, FROM_ANTHROPIC["input"], ANTHROPIC[name]["input_schema"])
        block = {"type": "tool_result", "tool_use_id": FROM_ANTHROPIC["id"], "content": text}
        print(f"Anthropic: {name} -> {block['content'][:90]}...")

        wrong = {**ARGUMENTS, "items": [{"name": "Revisão", "unit_price": 100, "qty": 1}]}
        text = await carried_out(here, "create_invoice", wrong, OPENAI["create_invoice"]["parameters"])
        print(f"a slip of the model: {text}")


anyio.run(main)

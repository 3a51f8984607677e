"""Rules about printed and mailed text: prompt injection is warned about, placeholders are asked about.

Suspicious text is shown with a warning, and the approver decides. Detection is incomplete by nature: the protection is
that a person approves every irreversible call.
"""

import re
import unicodedata
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator

from ix_tools.guards.facts import Facts
from ix_tools.guards.findings import Finding, ask, warn
from ix_tools.guards.protocols import Draft, EmailCall, MailText
from ix_tools.i18n.messages import Value, message
from ix_tools.text.alphabets import imitates_latin

_ADDRESSEES = r"(?:assistente|assistant|ai|ia|llm|agente?|bot|chat ?gpt|claude|gemini|copilot|modelo(?: de linguagem)?|language model)"
_TOOLS = "create|update|delete|send|change|get|list|generate|cancel|issue|find|search|describe|run|register|set|lookup"
_EVERYTHING = (
    r"(?:all|every|everything|the list of|tudo|tod[oa]s|a lista de|as listas? de|os dados|the data|api[ _-]?key|"
    r"chave|passwords?|palavras?-passe|tokens?)"
)
ORDER_PATTERNS = (
    # Instructions to ignore other instructions.
    r"\b(?:ignor\w*|disregard|forget|override|bypass|desconsider\w*|esquec\w*|despreze?)\b"
    r"(?:\s+(?:all|any|the|of|your|my|these|those|other|previous|prior|above|earlier|preceding|existing|current|system|"
    r"todas|as|os|tod[oa]s|[st]uas|outras|anteriores|previas|dadas|quaisquer|do sistema))*"
    r"\s+(?:instruc\w+|instruct\w+|rules?|regras|prompts?|guidelines|guardrails|orders given|ordens|diretrizes)\b",
    # An assistant addressed by name, or given a role.
    rf"(?:^|[.!?:;\n]\s*|\b(?:caro|dear|attention|atencao|note to|hey|ola)\s+)(?:the\s+|o\s+|a\s+)?{_ADDRESSEES}\s*"
    r"(?:[,:!]\s|\s(?:must|should|shall|please|deve|devera|tem de|por favor)\b)",
    rf"\b(?:you are|you're|act as|pretend to be|es|age como|comporta-te como|finge ser)\s+(?:now\s+|agora\s+)?"
    rf"(?:an?\s+|the\s+|uma?\s+|o\s+|a\s+)?(?:\w+\s+)?{_ADDRESSEES}\b",
    r"\b(?:system|developer|assistant) (?:prompt|message)\b|\bprompt (?:de|do) sistema\b|\b(?:system|assistant|instructions?)\s*:\s",
    r"<\|\w+\|>|</?(?:system|instructions?|prompt|assistant|tool_call|function_calls?)\b[^>]*>|\[/?inst\]|#{2,}\s*(?:system|instruct|instruc)",
    # Tools by name, or requests to call a tool.
    rf"\b(?:{_TOOLS})_[a-z]+(?:_[a-z]+)*\b",
    r"\b(?:call|use|invoke|run|execute|chame?|chama|usa|usar|executa|invoca)\s+(?:the\s+|this\s+|a\s+|esta\s+)?(?:tool|function|ferramenta|funcao)\b",
    # Requests to send all data to an address.
    r"\b(?:send|e-?mail|forward|post|upload|envi[ae]|mand[ae]|reencaminh[ae]|encaminh[ae])\b[^.!?\n]{0,40}?"
    rf"\b{_EVERYTHING}\b[^!?\n]{{0,80}}?(?:@|https?://)",
    r"\b(?:envia|manda|reencaminha|encaminha)(?:-\w+)?\s+(?:isto\s+|uma copia\s+|copia\s+)?para\s+\S+@",
    # Requests to bypass the person.
    r"\b(?:do not|don't|never)\s+(?:ask|tell|inform|notify|mention|show|alert)\b[^.!?\n]{0,40}"
    r"\b(?:user|person|human|owner|approv\w+|anyone)\b",
    r"\b(?:nao|nunca)\s+(?:perguntes?|digas?|diga|informes?|avises?|menciones?|mostres?|pecas?)\b[^.!?\n]{0,40}"
    r"\b(?:utilizador|pessoa|humano|dono|ninguem|aprovacao|confirmacao)\b",
    r"\bwithout (?:asking|telling) (?:the )?(?:user|person|human|anyone|for approval)\b|"
    r"\bsem (?:perguntar|avisar|pedir (?:aprovacao|autorizacao|confirmacao)) (?:ao?|nada|a ninguem|o)\b",
    r"\b(?:approve|finalize|finali[sz]a|aprova|anula|cancel)\b[^.!?\n]{0,30}"
    r"\b(?:automatically|automaticamente|without asking|sem perguntar)\b",
)
"""Patterns of instructions to a program, in lower case without accents."""
_ORDER_PATTERN = re.compile("|".join(f"(?:{one})" for one in ORDER_PATTERNS))
_ENCODED_RUN = re.compile(r"(?<![\w/+=:-])[A-Za-z0-9+/_-]{40,}={0,2}(?![\w/+=])")
PLACEHOLDERS = "placeholder_texts"
"""Word in `accept` for printed texts that look like a missing value."""
_PLACEHOLDER = re.compile(
    r"(?:(?:null|undefined|none|nan|\[object object\]|\{\{[^{}]*\}\}|\$\{[^{}]*\})[\s,;/|-]*)+", re.IGNORECASE
)
_LONG_RUN = 120
"""Length from which an unbroken run of characters is suspicious, whatever it decodes to."""
_MAX_NAMED_LINES = 5
"""Most lines that get a warning of their own."""


def is_addressed_to_program(text: str) -> bool:
    """Return True if a text gives instructions to a program, or contains encoded text that only a program reads."""
    letters = text.casefold().replace("\u2019", "'")
    if not letters.isascii():
        letters = unicodedata.normalize("NFKD", letters)
    plain = letters.encode("ascii", "ignore").decode()
    return bool(_ORDER_PATTERN.search(plain)) or any(map(_encodes_text, _ENCODED_RUN.findall(text)))


def _encodes_text(run: str) -> bool:
    """Return True if a run of characters is Base64 or hexadecimal of readable text, or too long for anything else."""
    mixed = any(map(str.islower, run)) and any(map(str.isupper, run)) and any(map(str.isdigit, run))
    if mixed and len(run) >= _LONG_RUN:
        return True
    for decode in (_decode_base64, bytes.fromhex):
        try:
            found = decode(run)
        except (ValueError, Error):
            continue
        readable = sum(32 <= byte < 127 or byte in b"\n\t" for byte in found)
        if len(found) >= 20 and readable >= 0.9 * len(found):
            return True
    return False


def _decode_base64(run: str) -> bytes:
    text = run.rstrip("=").replace("-", "+").replace("_", "/")
    return b64decode(text[: len(text) - (len(text) % 4 == 1)] + "=" * (-len(text) % 4), validate=True)


def text_speaks_to_people(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Warn of printed text that seems to address a program; the approver decides."""
    for field, heading, text in call.printed_texts():
        if is_addressed_to_program(text):
            yield _warn_of_text(field, heading.message)
    client = call.client
    if client is not None and client.name and is_addressed_to_program(client.name):
        yield _warn_of_text("client.name", message("client's name"))
    lines = [
        at
        for at, item in enumerate(call.items)
        if is_addressed_to_program(item.name)
        or (item.description and is_addressed_to_program(item.description))
    ]
    yield from (
        _warn_of_text(f"items.{at}", message("line {number}", number=at + 1))
        for at in lines[:_MAX_NAMED_LINES]
    )
    if len(lines) > _MAX_NAMED_LINES:
        yield _warn_of_text("items", message("{lines} lines", lines=len(lines)))


def names_are_of_one_alphabet(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Warn of a client's name with letters that only look like Latin ones: it may be somebody else than it seems."""
    client = call.client
    if client is not None and client.name and imitates_latin(client.name):
        yield _warn_of_alphabet("client.name", message("client's name"))


def recipient_is_of_one_alphabet(call: EmailCall, facts: Facts) -> Iterator[Finding]:
    """Warn of an e-mail address with letters that only look like Latin ones: it may be somebody else's."""
    if imitates_latin(call.email):
        yield _warn_of_alphabet("email", message("address of the e-mail"))


def texts_are_no_placeholders(call: Draft, facts: Facts) -> Iterator[Finding]:
    """Ask about printed text such as null or undefined, which a program left in place of a value."""
    if PLACEHOLDERS in call.accept:
        return
    texts = [(field, text) for field, _, text in call.printed_texts()]
    if call.client is not None:
        texts.append(("client.name", call.client.name or ""))
    for at, item in enumerate(call.items):
        texts += [(f"items.{at}.name", item.name), (f"items.{at}.description", item.description or "")]
    for field, text in texts:
        if _PLACEHOLDER.fullmatch(text.strip()):
            yield ask(
                PLACEHOLDERS,
                field,
                message("'{text}' would be printed, and seems to stand for a missing value", text=text),
            )


def mail_speaks_to_people(call: MailText, facts: Facts) -> Iterator[Finding]:
    """Warn of e-mail text that seems to address a program; the approver decides."""
    for field, where, text in (
        ("subject", message("subject"), call.subject),
        ("body", message("text of the e-mail"), call.body),
    ):
        if text and is_addressed_to_program(text):
            yield _warn_of_text(field, where)


def _warn_of_alphabet(field: str, where: Value) -> Finding:
    """Return the warning of a name; `where` names its field for people."""
    return warn(
        field,
        message(
            "letters of another alphabet stand in it that look like Latin ones: it may be somebody else than it seems ({where})",
            where=where,
        ),
    )


def _warn_of_text(field: str, where: Value) -> Finding:
    """Return the warning of a text; `where` names its field for people."""
    return warn(
        field,
        message(
            "this text seems to speak to a program, not to a person: read it before you approve ({where})",
            where=where,
        ),
    )

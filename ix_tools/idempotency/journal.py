"""The journal of writes: the intent is on disk before its request is sent, the outcome after.

    begin ──▶ open ──▶ done       the result is stored, and replayed to callers with the same key
                │  ├─▶ refused    InvoiceXpress refused it; the key may be tried again, under the same unique id
                │  └─▶ unknown ──▶ done | absent      the outcome is looked up, the request never simply repeated
                └─ (its process died, or its lease expired) ──▶ treated as unknown

A unique constraint allows one row per account and key, so one of several callers begins the intent, in any number of
processes. Times are by the store's clock (`Store.now`), independent of the hosts' clocks. Only the holder of an intent may
write its outcome, except that anybody who knows it was done may record that.

Stored: digests, ids, evidence of the outcome, sent fields that InvoiceXpress does not return (a guide's loading time and
sites, a discount on the document), and the result. Not stored: message texts, secrets.
"""

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sql
from sqlalchemy.engine import Connection

from ix_tools.audit import trail
from ix_tools.errors import IxError
from ix_tools.events import outbox
from ix_tools.i18n.messages import message
from ix_tools.idempotency import claims
from ix_tools.idempotency.intents import (
    ABOUT_SUBJECT,
    DELETED_KEY_PREFIX,
    HELD_BY_ID,
    HELD_UNCHANGED,
    LAST_DONE_OF_OPERATION,
    LAST_DONE_WITH_CONTENT,
    NEW_ROW,
    OF_ACCOUNT,
    UNFINISHED,
    UNFINISHED_OF_ACCOUNT,
    UNFINISHED_WITH_CONTENT,
    UNREPORTED,
    UNRETURNED,
    UNSETTLED_OF_OPERATION,
    WITH_ID,
    EarlierIntents,
    Intent,
    IntentDraft,
    IntentResult,
    IntentState,
    build_audit_entry,
    build_intent,
    find_concurrent_duplicate,
    find_row,
    is_made_elsewhere,
    is_too_old,
    is_unreported,
    update_held,
)
from ix_tools.idempotency.outcome_events import list_outcome_events
from ix_tools.idempotency.process_identity import ACTIVE_LEASES, is_owner_running, process_id
from ix_tools.storage import figures, lookup_transactions
from ix_tools.storage.database import Store
from ix_tools.storage.schema import intents


class Journal:
    """The journal in a store."""

    def __init__(self, store: Store, lease: float) -> None:
        """Remember the store; it is opened when first used. `lease`: seconds after which an open intent counts as abandoned."""
        self._store = store
        self.lease = lease

    # --- reading ---

    def find_earlier(
        self, account: str, keys: Sequence[str], contents: Sequence[str], seconds: float
    ) -> EarlierIntents:
        """Find what may be earlier attempts of a call, in one view of the store.

        Args:
            contents: Digests of the call; without them, only the keys count.
            seconds: Age up to which a done intent that was not yet reported counts.
        """
        with self._store.reading() as connection:
            now = self._store.now(connection)
            rows = [find_row(connection, account, key) for key in keys]
            with_keys = [build_intent(row, now) if row and not is_too_old(row, now) else None for row in rows]
            if not contents:
                return EarlierIntents(with_keys)
            given = {"account": account, "contents": list(contents)}
            unfinished = connection.execute(UNFINISHED_WITH_CONTENT, given).first()
            done = connection.execute(LAST_DONE_WITH_CONTENT, given).first()
        unreported = build_intent(done, now) if done and is_unreported(done, now - seconds) else None
        return EarlierIntents(with_keys, build_intent(unfinished, now) if unfinished else None, unreported)

    def get(self, identifier: str) -> Intent:
        """Return an intent by id.

        Raises:
            IxError: there is none.
        """
        found = self._select(WITH_ID, id=identifier)
        if not found:
            raise IxError(
                message("The journal has no entry {identifier}.", identifier=identifier),
                code="intent_unknown",
                next=message("list them with `ix-tools journal list`"),
            )
        return found[0]

    def find_done_since(self, account: str, contents: Sequence[str], seconds: float) -> Intent | None:
        """Find the newest done intent with the same content that began within the last `seconds`."""
        found = self._select(LAST_DONE_WITH_CONTENT, account=account, contents=list(contents))
        return next((one for one in found if one.seen_at - one.created_at <= seconds), None)

    def find_finished_since(self, account: str, contents: Sequence[str], seconds: float) -> Intent | None:
        """Find the newest done intent with the same content that ended within the last `seconds`."""
        found = self._select(LAST_DONE_WITH_CONTENT, account=account, contents=list(contents))
        return next((one for one in found if one.seen_at - (one.finished_at or 0.0) <= seconds), None)

    def list_done_since(self, account: str, operation: str, seconds: float) -> list[Intent]:
        """List the newest done intents of an operation that began within the last `seconds`, at most 500."""
        with self._store.reading() as connection:
            since = self._store.now(connection) - seconds
        return self._select(LAST_DONE_OF_OPERATION, account=account, operation=operation, since=since)

    def list_unsettled(self, account: str, operation: str) -> list[Intent]:
        """List the intents of an operation that are unknown, abandoned or absent, oldest first."""
        found = self._select(UNSETTLED_OF_OPERATION, account=account, operation=operation)
        return [one for one in reversed(found) if one.state != "open" or self.is_abandoned(one)]

    def list_unfinished(self, account: str) -> list[Intent]:
        """List the intents that are unknown or abandoned, oldest first."""
        found = self._select(UNFINISHED_OF_ACCOUNT, account=account)
        return [one for one in reversed(found) if one.state == "unknown" or self.is_abandoned(one)]

    def find_last_write(self, account: str, subject: str) -> Intent | None:
        """Find the newest create or update of a document; its trace has the sent fields that InvoiceXpress does not return.

        None if ix-tools did not write the document, or the outcome of its newest write is unknown.
        """
        found = self._select(ABOUT_SUBJECT, account=account, subject=subject)
        counted = (one for one in found if one.state not in {"refused", "absent"} and UNRETURNED in one.trace)
        newest = next(counted, None)
        return newest if newest is not None and newest.state == "done" else None

    def list_in_progress(self, intent: Intent) -> list[Intent]:
        """List the other intents of the same operation that are in progress."""
        others = OF_ACCOUNT.where(
            intents.c.operation == intent.operation, intents.c.state == "open", intents.c.id != intent.id
        )
        found = self._select(others, account=intent.account)
        return [one for one in found if not self.is_abandoned(one)]

    def find_made_by_others(self, intent: Intent, made: Iterable[str]) -> set[str]:
        """Return those of the documents that other intents of the same operation created."""
        others = OF_ACCOUNT.where(
            intents.c.operation == intent.operation,
            intents.c.made.in_(set(made)),
            intents.c.id != intent.id,
        )
        found = self._select(others, account=intent.account)
        return {one.made for one in found}

    def list_intents(self, account: str | None = None, most: int | None = 50) -> list[Intent]:
        """List the newest intents, or all of them if `most` is None."""
        query = sql.select(intents).order_by(intents.c.created_at.desc())
        if account:
            query = query.where(intents.c.account == account)
        return self._select(query.limit(most) if most else query)

    def is_abandoned(self, intent: Intent) -> bool:
        """Check if its process has ended on this host, or its lease has expired."""
        if intent.owner == process_id():
            return intent.id not in ACTIVE_LEASES
        return not is_owner_running(intent.owner) or intent.lease_until <= intent.seen_at

    def is_lease_expiring(self, intent: Intent) -> bool:
        """Check if this process was suspended for so long (a sleeping laptop) that its lease may soon expire."""
        return time.time() - ACTIVE_LEASES.get(intent.id, 0.0) > self.lease / 2

    # --- writing ---

    def begin(self, draft: IntentDraft) -> Intent:
        """Insert the intent and hold it (`is_held_here`), or return the existing one."""
        with self._store.writing() as connection:
            trail.lock_trail(connection)
            now = self._store.now(connection)
            row = find_row(connection, draft.account, draft.key)
            if row is not None and is_too_old(row, now):
                connection.execute(intents.delete().where(intents.c.id == row.id))
                row = None
            if row is None and not draft.has_chosen_key:
                row = find_concurrent_duplicate(connection, draft, now)
            if row is not None and row.state not in {"refused", "absent"}:
                return build_intent(row, now)
            values: dict[str, Any] = {
                "content": draft.contents[0],
                "operation": draft.operation,
                "principal": draft.principal,
                "face": draft.face,
                "approval": draft.approval,
                "state": "open",
                "trace": dict(draft.trace or {}),
                "outcome": None,
                "owner": process_id(),
                "attempts": row.attempts + 1 if row else 1,
                "created_at": now,
                "lease_until": now + self.lease,
                "finished_at": None,
                "ended_at": None,
                "made": "",
                "subject": draft.subject,
            }
            # A refused or absent intent keeps its row and unique id: if that state was wrong, InvoiceXpress answers with
            # the first document instead of creating another.
            identifier = row.id if row else secrets.token_hex(10)
            if row is None:
                fixed = {"id": identifier, "account": draft.account, "key": draft.key}
                connection.execute(NEW_ROW, {**fixed, **values})
            else:
                connection.execute(intents.update().where(intents.c.id == identifier).values(values))
            claims.attach_intent(connection, draft.account, draft.holder, identifier)
            lookup_transactions.begin_changes(connection, draft.account, identifier, draft.changes, now)
            trail.append(connection, build_audit_entry("intent", draft, identifier, "about to be sent"))
            found = connection.execute(WITH_ID, {"id": identifier}).one()
            ACTIVE_LEASES[identifier] = (
                time.time()
            )  # before the commit: others who read it would take it for abandoned
        return replace(build_intent(found, now), is_held_here=True)

    def record_resend(self, intent: Intent, approval: str, holder: str) -> None:
        """Record that a held unfinished intent is sent once more, under the claims of this holder."""
        with self._store.writing() as connection:
            trail.lock_trail(connection)
            claims.detach_intent(connection, intent.account, intent.id, self._store.now(connection))
            claims.attach_intent(connection, intent.account, holder, intent.id)
            if approval:
                connection.execute(
                    intents.update().where(intents.c.id == intent.id).values(approval=approval)
                )
            about = replace(intent, approval=approval or intent.approval)
            trail.append(
                connection, build_audit_entry("again", about, intent.id, "about to be sent once more")
            )

    def finish(self, intent: Intent, result: IntentResult) -> bool:
        """Write the outcome; return False if somebody else holds the intent, or already created the same document."""
        known = HELD_BY_ID if result.state == "done" and not result.is_looked_up else HELD_UNCHANGED
        with self._release_when_done(intent) as connection:
            trail.lock_trail(connection)
            now = self._store.now(connection)
            if result.is_looked_up and result.made and is_made_elsewhere(connection, intent, result.made):
                return False
            values: dict[str, Any] = {
                "state": result.state,
                "outcome": dict(result.outcome) if result.outcome is not None else None,
                "finished_at": now,
                "lease_until": 0.0,
                "made": result.made,
            }
            if result.subject:
                values["subject"] = result.subject
            if not update_held(connection, intent, known, values):
                return False
            if result.state != "unknown":
                claims.detach_intent(connection, intent.account, intent.id, now)
            lookup_transactions.finish_changes(
                connection, intent.account, intent.id, result.changes, result.state, now
            )
            figures.apply_changes(connection, intent.account, result.figures, now)
            entry = build_audit_entry(result.state, intent, intent.id, result.message, result.subject)
            trail.append(connection, entry)
            outbox.append(connection, *list_outcome_events(intent, result))
            ACTIVE_LEASES.pop(intent.id, None)
        return True

    def release(self, intent: Intent) -> None:
        """Release an intent whose outcome is still unknown."""
        with self._release_when_done(intent) as connection:
            now = self._store.now(connection)
            connection.execute(
                intents.update()
                .where(
                    *(
                        intents.c[name] == getattr(intent, name)
                        for name in ("id", "attempts", "owner", "state")
                    )
                )
                .values(state="unknown", lease_until=0.0, ended_at=sql.func.coalesce(intents.c.ended_at, now))
            )
            ACTIVE_LEASES.pop(intent.id, None)

    def mark_reported(self, intent: Intent) -> dict[str, Any]:
        """Return the outcome and mark it as reported; from now on the same call without a key is a new one."""
        outcome = {name: value for name, value in (intent.outcome or {}).items() if name != UNREPORTED}
        if intent.outcome and UNREPORTED in intent.outcome:
            with self._store.writing() as connection:
                connection.execute(intents.update().where(intents.c.id == intent.id).values(outcome=outcome))
        return outcome

    def release_key(self, intent: Intent) -> None:
        """Release the key of a done intent whose document was deleted; the next intent has another unique id."""
        with self._store.writing() as connection:
            freed = connection.execute(
                intents.update()
                .where(intents.c.id == intent.id, intents.c.key == intent.key, intents.c.state == "done")
                .values(key=f"{DELETED_KEY_PREFIX}{intent.id}")
            ).rowcount
            if freed:
                trail.append(
                    connection,
                    build_audit_entry("gone", intent, intent.id, "its document is gone; begun anew"),
                )

    def take_over(self, intent: Intent) -> Intent | None:
        """Take an unknown or abandoned intent; None if another process took it or still works on it."""
        if intent.state not in UNFINISHED or (intent.state == "open" and not self.is_abandoned(intent)):
            return None
        same = [intents.c[name] == getattr(intent, name) for name in ("id", "state", "owner", "lease_until")]
        with self._store.writing() as connection:
            now = self._store.now(connection)
            taken = connection.execute(
                intents.update()
                .where(*same)
                .values(owner=process_id(), state="open", lease_until=now + self.lease)
            ).rowcount
            row = connection.execute(WITH_ID, {"id": intent.id}).one_or_none()
            if taken:
                ACTIVE_LEASES[intent.id] = time.time()
        if not taken or row is None:
            return None
        return replace(build_intent(row, now), is_held_here=True)

    def settle(self, identifier: str, *, happened: bool) -> None:
        """Record the outcome of an unknown intent that a person found in InvoiceXpress or from the recipient.

        Raises:
            IxError: the intent is not unknown.
        """
        taken = self.take_over(self.get(identifier))
        if taken is None:
            raise IxError(
                message("The outcome of {identifier} is not unknown.", identifier=identifier),
                code="intent_not_unknown",
                next=message("list them with `ix-tools journal list`"),
            )
        outcome = {"ok": True, "settled_by_hand": True} if happened else None
        state: IntentState = "done" if happened else "absent"
        self.finish(taken, IntentResult(state, "settled by a person in a terminal", outcome))

    @contextmanager
    def _release_when_done(self, intent: Intent) -> Iterator[Connection]:
        """Open a transaction that ends this process's hold on an intent, which also ends if it fails.

        The caller removes the lease inside: after the commit another thread may already hold the intent again.
        """
        try:
            with self._store.writing() as connection:
                yield connection
        except BaseException:
            ACTIVE_LEASES.pop(intent.id, None)
            raise

    def _select(self, query: sql.Select[Any], **given: Any) -> list[Intent]:
        with self._store.reading() as connection:
            now = self._store.now(connection)
            return [build_intent(row, now) for row in connection.execute(query, given)]

"""The driver: carries out parked calls when they are approved, ends what nobody decided, and deletes what is old.

    sweep (every second) ─▶ due calls ─▶ DBOS workflow, whose id is the call's ─▶ `carry_out` as the asker
                        └─▶ overdue approvals ─▶ expired

`ix-tools serve --http` drives the calls of its callers, each worker process for all of them; an MCP server over standard input and
output drives its own while it lives. The truth is in the store: a call without a workflow gets one at the next sweep.
"""

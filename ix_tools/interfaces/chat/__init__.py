"""Chat commands: sentences become calls of the pipeline, and questions and approvals become cards with buttons.

    message ─▶ words ─▶ command ─▶ call of the pipeline ─▶ card with buttons ─▶ press ─▶ decision ─▶ the parked call is carried out
                                      (as the person)         (in the room)                          (its card and asker are told)

`words` knows no chat and `conversation` no platform; the adapters `slack` and `telegram` know no operation.
"""

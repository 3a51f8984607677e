"""Webhooks: events are sent to addresses that callers registered, signed by Standard Webhooks.

    event ─▶ one delivery for each endpoint that wants it ─▶ first attempts in order, one at a time for each endpoint
                                                         └─▶ refused? again after 5 s, 5 min, 30 min … 24 h ─▶ endpoint disabled

The deliveries are written in the transaction that stores the reader's position. A delivery whose process dies before its answer is
noted is sent again with the same `webhook-id`: at least once. The address is judged at every delivery.
"""

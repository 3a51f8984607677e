"""Notifications: an e-mail to the people who may approve when something waits for them, before it ends, and when it has ended.

    approval.requested ─▶ request now, reminder later ─┐                         ┌─▶ sent
    approval.expired   ─▶ expired ─────────────────────┴─▶ rows of `mails` ─▶ SMTP ─▶ later again, ever more slowly
                                                                                 └─▶ failed: told by `ix-tools doctor`

The rows are written in the transaction that stores the reader's position, so each event makes each e-mail once. An e-mail whose
process dies between sending and noting it is sent again with the same Message-ID: at least once.
"""

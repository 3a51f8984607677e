"""Events: what happened to approvals, calls and documents, for pages, chats, webhooks and e-mails."""

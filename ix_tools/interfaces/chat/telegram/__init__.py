"""Telegram: messages, buttons and files of a bot, by long polling, which needs no public address. It knows no operation."""

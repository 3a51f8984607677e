"""The conversation with people in a chat: it knows no platform, and every call goes through the pipeline.

receive ─▶ the person ─▶ words ─▶ missing? ask with buttons ─▶ execute as the person ─▶ answer, or a card for the approval
press   ─▶ the person ─▶ decide, or the chosen sentence
watch   ─▶ events ─▶ cards are edited, askers are told
"""

"""The language of chat commands, in Portuguese and English: a grammar, no guessing.

    text ─▶ cleaned ─▶ folded (same length) ─▶ parsed ─▶ command ─▶ calls of operations
                                                 │
                                                 └▶ or where it stopped, and what could stand there

A sentence makes arguments; every rule is the pipeline's. Each command has a canonical sentence that parses to it.
"""

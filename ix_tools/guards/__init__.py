"""The rules: each a small pure function named after what it keeps true. They only ever say no, ask, or warn."""

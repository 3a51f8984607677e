"""The collection that every table of the store belongs to."""

import sqlalchemy as sql

metadata = sql.MetaData()
"""All tables of the store."""

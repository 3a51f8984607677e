"""Generate the table of SECURITY.md about what the store keeps, why, and for how long, from the store's own notes."""

from ix_tools.storage.data_inventory import DATA_INVENTORY
from tools.docs.markdown import render_code, render_table


def render_data_inventory() -> str:
    """Render one row for each table of the store."""
    rows = [
        (
            render_code(name),
            one.holds,
            one.why,
            str(one.until),
            "`ix-tools forget`" if one.client_columns else "–",
        )
        for name, one in sorted(DATA_INVENTORY.items())
    ]
    return render_table(("Table", "Holds", "Why", "How long", "Texts about a client erased by"), rows)

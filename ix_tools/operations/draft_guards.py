"""Rules that hold for the draft of every kind of document, when it is created and when it is changed."""

from ix_tools.guards import (
    buyers,
    clients,
    dates,
    exemptions,
    money,
    rates,
    series,
    tax_numbers,
    texts,
    updates,
    withholding,
)
from ix_tools.guards import items as catalogue
from ix_tools.guards.finalization import ask_about_changes
from ix_tools.guards.findings import Guard

EVERY_DRAFT_GUARDS: tuple[Guard, ...] = (
    money.taxes_exist,
    exemptions.exemption_named_when_vat_is_zero,
    exemptions.exemption_known_and_in_force,
    exemptions.no_exemption_without_exempt_lines,
    buyers.exemption_fits_the_buyer,
    buyers.no_vat_beside_the_small_business_exemption,
    withholding.retention_fits_the_buyer,
    withholding.retention_rate_is_in_the_law,
    rates.line_rates_in_force,
    rates.lines_of_one_region,
    dates.due_date_not_before_date,
    dates.date_not_in_the_future,
    clients.client_named,
    clients.client_code_and_name_agree,
    clients.existing_client_not_contradicted,
    clients.final_consumer_has_no_number,
    tax_numbers.fiscal_id_fits_country,
    tax_numbers.new_client_number_not_shared,
    catalogue.catalogue_items_not_overwritten_unseen,
    catalogue.line_names_unique,
    series.series_fits_type,
    texts.text_speaks_to_people,
    texts.names_are_of_one_alphabet,
    texts.texts_are_no_placeholders,
)


def guard_new_draft(guards: tuple[Guard, ...] = ()) -> tuple[Guard, ...]:
    """Return the rules of an operation that creates a draft: those of every draft, and those of its kind."""
    return (exemptions.removal_only_on_update, *EVERY_DRAFT_GUARDS, *guards)


def guard_changed_draft(guards: tuple[Guard, ...] = (), *update_guards: Guard) -> tuple[Guard, ...]:
    """Return the rules of an operation that changes a draft; what breaks a rule already before the change is asked about."""
    return (
        updates.only_drafts_are_edited,
        updates.unreturned_fields_not_lost,
        updates.lines_not_dropped_unseen,
        updates.rebuilt_lines_keep_the_total,
        *update_guards,
        *ask_about_changes((*EVERY_DRAFT_GUARDS, *guards)),
    )

"""Reference data of the trade: exemptions, countries, currencies, payment mechanisms, series codes, tax numbers."""

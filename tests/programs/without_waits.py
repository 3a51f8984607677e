"""Run `ix-tools` without its waits: for a place in the limit of requests per minute, and before a read is tried again."""

import stamina

from ix_tools.__main__ import main
from ix_tools.api_client import rate_limit

rate_limit.BURST_SHARE = 1000.0
stamina.set_testing(True, attempts=4, cap=True)  # the usual number of attempts
main()

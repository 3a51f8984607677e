"""Run the HTTP server in a separate process as `ix-tools serve --http` does, without rate limits.

`python -m bench.http_server URL STORE WORKERS` prints its URL and serves.
"""

import sys
from functools import partial

from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.interfaces.server import json_logs
from ix_tools.interfaces.server.app import build_application
from ix_tools.interfaces.server.workers import StopRequest, build_local_url, open_sockets, run_server
from ix_tools.sandbox.seeds import API_KEY

NO_LIMIT = 10**9

if __name__ == "__main__":
    url, store, workers = sys.argv[1:]
    settings = point_at_sandbox(Settings(store=store), url, API_KEY)
    # Not validated, because the settings' limits are those of the vendor.
    settings = settings.model_copy(update={"requests_per_minute": NO_LIMIT, "calls_per_minute": NO_LIMIT})
    json_logs.configure_logging(settings)
    sockets = open_sockets("127.0.0.1", 0, int(workers))
    address = build_local_url("127.0.0.1", sockets[0])
    print(address, flush=True)
    create = partial(build_application, settings, address, requires_authentication=True)
    with StopRequest().listening() as stop:
        run_server(create, settings, int(workers), [[sock] for sock in sockets], stop)

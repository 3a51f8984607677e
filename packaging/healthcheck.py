#!/opt/ix-tools/bin/python
"""Exit with 0 if the server in this container can carry out calls.

The server answers only under its own name, so it is asked as INVOICEXPRESS_PUBLIC_URL names it. A container that speaks over standard
input and output has no port, and is not checked this way.
"""

import os
import sys
import urllib.request
from urllib.parse import urlsplit

PORT = 8756

host = urlsplit(os.environ.get("INVOICEXPRESS_PUBLIC_URL", "")).netloc or f"127.0.0.1:{PORT}"
request = urllib.request.Request(f"http://127.0.0.1:{PORT}/readyz", headers={"Host": host})
try:
    with urllib.request.urlopen(request, timeout=4) as answer:
        sys.exit(0 if answer.status == 200 else 1)
except OSError:
    sys.exit(1)

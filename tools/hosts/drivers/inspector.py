"""Make the script's calls with MCP Inspector's command line, one process a call, and print the results."""

import json
import re
import subprocess
import sys


def main(steps: list[dict], inspector: list[str], server: list[str]) -> None:
    """List strictly, then call; the sandbox lies in a file, because each call starts the server anew."""
    base = [*inspector, "--cli", *server]
    subprocess.run([*base, "--method", "tools/list", "--strict"], check=True, capture_output=True)
    results = {}
    for step in steps:
        number = re.search(r'"document_id":("[^"]*"|\d+)', results.get("create_invoice", ""))
        words = []
        for name, value in step["arguments"].items():
            meant = json.loads(number.group(1)) if value == "$document_id" and number else value
            text = meant if isinstance(meant, str) else json.dumps(meant, ensure_ascii=False)
            words += ["--tool-arg", f"{name}={text}"]
        call = [*base, "--method", "tools/call", "--tool-name", step["tool"], *words]
        said = subprocess.run(call, check=False, capture_output=True, text=True)
        found = json.loads(said.stdout) if said.stdout.strip() else {}
        results[step["tool"]] = json.dumps(found.get("structuredContent", said.stderr), separators=(",", ":"))
    print(json.dumps(results))


cut = sys.argv.index("--")
main(json.loads(sys.argv[1]), sys.argv[2:cut], sys.argv[cut + 1 :])

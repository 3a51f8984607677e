"""Build, check and start everything that a release consists of: `python -m tools.release [STEP ...]`, or `make release-check`.

sdist      the source distribution passes its own tests
metadata   wheel, sdist and the README on the package index
server     server.json, by the registry's schema
bundle     the MCPB bundle for Claude Desktop: by its own program, and started
image      the container image: built without a daemon, started read-only, asked by its own health check
sbom       the list of everything in it (CycloneDX)
workflows  what publishes it, by the schema of workflows and by an auditor
systems    nothing that Windows or macOS lacks is used without asking for the system
site       the documentation as a site, with every link checked
hosts      the assistants' own programs read what `ix-tools connect` wrote
"""

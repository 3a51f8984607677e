"""Generate the nodes and apps of no-code platforms from the OpenAPI document of the REST interface."""

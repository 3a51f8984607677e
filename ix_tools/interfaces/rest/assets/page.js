// Swagger UI before our own description: nothing is asked of any other host.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#operations",
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});

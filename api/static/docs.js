// Swagger UI over our own description. What is tried carries the token of the page's forms, which a
// request with a session needs; what is sent with an API token does not mind it.
const token = document.querySelector('meta[name="csrf"]').content;

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#description",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  filter: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (token && new URL(request.url, location.href).origin === location.origin) {
      request.headers["x-csrf-token"] = token;
    }
    return request;
  },
});

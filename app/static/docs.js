"use strict";

// Swagger UI knows a dark theme and leaves the choice to the page: follow the reader's system.
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

SwaggerUIBundle({
  url: "/openapi.json",
  domNode: document.getElementById("api"),
  deepLinking: true,
  filter: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null, // the default asks a server elsewhere
  defaultModelsExpandDepth: 0,
  defaultModelRendering: "example",
  showExtensions: false,
});

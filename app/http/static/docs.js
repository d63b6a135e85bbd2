"use strict";

// Swagger UI knows a dark theme and leaves the choice to the page: follow the reader's system.
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

// Swagger UI draws a padlock wherever a key may be sent, closed where none is needed: show it where one is needed only.
const padlocks = () => ({
  wrapComponents: {
    OperationSummary: (Summary, { React }) => (props) => {
      const security = props.operationProps.getIn(["op", "security"]) || props.operationProps.get("security");
      const open = security && security.some((way) => way.isEmpty());
      const shown = open ? props.operationProps.set("security", null) : props.operationProps;
      return React.createElement(Summary, { ...props, operationProps: shown });
    },
  },
});

SwaggerUIBundle({
  url: "/openapi.json",
  domNode: document.getElementById("api"),
  deepLinking: true,
  filter: true,
  docExpansion: "none", // seven collections fit on one screen; a click opens one
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null, // the default asks a server elsewhere
  defaultModelsExpandDepth: 0,
  defaultModelRendering: "example",
  showExtensions: false,
  plugins: [padlocks],
});

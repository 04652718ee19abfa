import { API_NAME } from './openapi.js';

/** What Swagger UI needs to know. */
export interface PageSettings {
  /** The client that the Authorize button uses; its redirect URI is `/docs/oauth2-redirect.html`. */
  readonly clientId: string;
  /** The API that its tokens are for. */
  readonly audience: string;
}

/** How the page differs from Swagger UI's own looks. */
export const pageStyle = `/* The client is a public one and has no secret (RFC 8252, 8.5); Swagger UI would ask for it all the same. */
.auth-container div:has(> label[for^='client_secret']) { display: none; }

/* A phone of 360 pixels: what is wide scrolls in its own box, and the page does not. */
@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 8px; }
  .swagger-ui .info { margin: 16px 0; }
  .swagger-ui .info, .swagger-ui .markdown, .swagger-ui .opblock-summary-path { overflow-wrap: anywhere; }
  .swagger-ui .scheme-container { padding: 12px 0; }
  .swagger-ui .opblock .opblock-summary { flex-wrap: wrap; }
  .swagger-ui .opblock .opblock-summary-path { max-width: 100%; word-break: break-word; }
  .swagger-ui .opblock .opblock-section-header { flex-wrap: wrap; }
  .swagger-ui .opblock-body, .swagger-ui .responses-inner, .swagger-ui .table-container { overflow-x: auto; }
  .swagger-ui table tbody tr td, .swagger-ui table thead tr th { display: block; width: auto; padding: 6px 0; max-width: 100%; }
  .swagger-ui input, .swagger-ui select, .swagger-ui textarea { max-width: 100%; min-width: 0; }
  .swagger-ui .parameters-col_description input, .swagger-ui .parameters-col_description select { width: 100%; }
  .swagger-ui .dialog-ux .modal-ux { min-width: 0; width: calc(100% - 16px); max-width: none; }
  .swagger-ui .models, .swagger-ui .model-box { max-width: 100%; overflow-x: auto; }
  .swagger-ui .execute-wrapper, .swagger-ui .btn-group { padding: 12px 0; }
}
`;

/**
 * The page: Swagger UI and the script that starts it. There is no script or style in it, so that none need be allowed.
 * Its addresses are relative, so that it works behind a proxy that serves the API under a path.
 */
export const docsPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${API_NAME}</title>
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <link rel="stylesheet" href="docs/page.css">
    <link rel="icon" href="docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

/**
 * The script that starts Swagger UI. Tokens stay in the memory of the page.
 *
 * @param scopes that the operations need: ticked beforehand, for a token without any is good for nothing
 */
export function startScript({ clientId, audience }: PageSettings, scopes: readonly string[]): string {
  const oauth = {
    clientId,
    scopes,
    usePkceWithAuthorizationCodeGrant: true,
    // Auth0 gives tokens for the API that this names; others know it as RFC 8707's `resource`.
    additionalQueryStringParams: { audience },
  };
  return `SwaggerUIBundle({
  url: 'docs/json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  oauth2RedirectUrl: new URL('docs/oauth2-redirect.html', location.href).href,
}).initOAuth(${JSON.stringify(oauth)});
`;
}

/** Content-Security-Policy of the page; the issuer's token endpoint is called from it. */
export function docsPolicy(tokenUrl: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    // Swagger UI sets the style attribute of its elements.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    `connect-src 'self' ${new URL(tokenUrl).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

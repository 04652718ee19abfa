import { API_NAME } from './openapi.js';

/** What Swagger UI needs to know. */
export interface PageSettings {
  /** The client that the Authorize button uses; its redirect URI is `/docs/oauth2-redirect.html`. */
  readonly clientId: string;
  /** The API that its tokens are for. */
  readonly audience: string;
}

/**
 * The page: Swagger UI and the script that starts it. There is no script or style in it, so that none need be allowed.
 * Its addresses are relative, so that it works behind a proxy that serves the API under a path.
 */
export const docsPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${API_NAME}</title>
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <link rel="icon" href="docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

/** The script that starts Swagger UI. Tokens stay in the memory of the page. */
export function startScript({ clientId, audience }: PageSettings): string {
  const oauth = {
    clientId,
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

import { Controller, Get, Header, Inject, NotFoundException, Param, SetMetadata } from '@nestjs/common';
import { Public } from '../access/access.decorators.js';
import { AccessRules } from '../access/access.rules.js';
import { AUTH_OPTIONS, type AuthOptions } from '../auth.options.js';
import { resourceOf } from './resource-metadata.js';
import { SenderConstraints } from '../proof/sender-constraints.js';
import { TrustedIssuers } from '../issuers/trusted-issuers.js';

/** OAuth 2.0 protected resource metadata (RFC 9728): where to get an access token, and which scopes there are. */
// What @ApiExcludeController() of @nestjs/swagger sets, which an application need not have.
@SetMetadata('swagger/apiExcludeController', [true])
@Controller('.well-known/oauth-protected-resource')
@Public()
export class ResourceMetadataController {
  private readonly resource?: string;

  constructor(
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
    private readonly issuers: TrustedIssuers,
    private readonly rules: AccessRules,
    private readonly constraints: SenderConstraints,
  ) {
    const { resourceMetadataUrl } = options;
    if (resourceMetadataUrl) this.resource = resourceOf(resourceMetadataUrl);
  }

  @Get()
  @Header('Access-Control-Allow-Origin', '*')
  metadata() {
    return this.describe();
  }

  /**
   * Of a resource with a path of up to three parts: clients ask for that path behind the well-known one (RFC 9728, 3.1).
   * Part by part, because Fastify and Express write wildcards differently.
   */
  @Get([':one', ':one/:two', ':one/:two/:three'])
  @Header('Access-Control-Allow-Origin', '*')
  metadataOfPath(@Param() { one, two, three }: Record<string, string | undefined>) {
    const asked = ['', one, two, three].filter((part) => part !== undefined).join('/');
    if (this.resource === undefined || asked !== new URL(this.resource).pathname)
      throw new NotFoundException();
    return this.describe();
  }

  private describe() {
    if (this.resource === undefined) throw new NotFoundException();
    return {
      resource: this.resource,
      authorization_servers: this.issuers.all.map(({ authorizationServer }) => authorizationServer),
      scopes_supported: this.issuers.scopesToAskFor(this.rules.requiredScopes),
      bearer_methods_supported: ['header'],
      resource_name: this.options.resourceName,
      resource_documentation: this.options.resourceDocumentation,
      ...(this.constraints.isOn && {
        dpop_signing_alg_values_supported: this.constraints.algorithms,
        dpop_bound_access_tokens_required: this.constraints.isProofRequired,
      }),
    };
  }
}

import { Controller, Get, Inject, NotFoundException, Param, SetMetadata } from '@nestjs/common';
import { Public } from '../access/access.decorators.js';
import { AccessRules } from '../access/access.rules.js';
import { AUTH_OPTIONS, type AuthOptions } from '../auth.options.js';
import { resourceOf } from './resource-metadata.js';
import { TrustedIssuers } from '../issuers/trusted-issuers.js';

/** OAuth 2.0 protected resource metadata (RFC 9728): where to get an access token, and which scopes there are. */
// What @ApiExcludeController() of @nestjs/swagger sets, which an application need not have.
@SetMetadata('swagger/apiExcludeController', [true])
@Controller('.well-known/oauth-protected-resource')
@Public()
export class ResourceMetadataController {
  private readonly resource?: string;

  constructor(
    @Inject(AUTH_OPTIONS) { resourceMetadataUrl }: AuthOptions,
    private readonly issuers: TrustedIssuers,
    private readonly rules: AccessRules,
  ) {
    if (resourceMetadataUrl) this.resource = resourceOf(resourceMetadataUrl);
  }

  @Get()
  metadata() {
    return this.describe();
  }

  /**
   * Of a resource with a path of up to three parts: clients ask for that path behind the well-known one (RFC 9728, 3.1).
   * Part by part, because Fastify and Express write wildcards differently.
   */
  @Get([':one', ':one/:two', ':one/:two/:three'])
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
      scopes_supported: this.issuers.scopesToAskFor(this.rules.scopes),
      bearer_methods_supported: ['header'],
    };
  }
}

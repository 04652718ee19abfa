import { Controller, Get, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from './access.decorators.js';
import { AccessRules } from './access.rules.js';
import { AUTH_OPTIONS, type AuthOptions } from './auth.options.js';
import { SigningKeys } from './signing-keys.js';

/** OAuth 2.0 protected resource metadata (RFC 9728): where to get an access token, and which scopes there are. */
@ApiExcludeController()
@Controller('.well-known/oauth-protected-resource')
@Public()
export class ResourceMetadataController {
  constructor(
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
    private readonly keys: SigningKeys,
    private readonly rules: AccessRules,
  ) {}

  @Get()
  metadata() {
    return {
      resource: this.options.resourceMetadataUrl && new URL(this.options.resourceMetadataUrl).origin,
      authorization_servers: [this.keys.issuers[0]],
      scopes_supported: this.rules.scopes,
      bearer_methods_supported: ['header'],
    };
  }
}

import { Controller, Get, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import {
  AuthModule,
  type AuthOptions,
  definePermissions,
  type PermissionsOf,
  ProblemFilter,
  Public,
  Scopes,
} from 'expenses-api/auth';

const permissions = definePermissions({ 'read:plants': 'Read plants', 'water:plants': 'Water plants' });

declare module 'expenses-api/auth' {
  interface RegisteredPermissions extends PermissionsOf<typeof permissions> {}
}

@Controller('plants')
class PlantsController {
  @Get()
  @Scopes('read:plants')
  list() {
    return ['rose'];
  }

  @Get('watered')
  @Scopes('read:plants', 'water:plants')
  watered() {
    return [];
  }

  @Get('about')
  @Public()
  about() {
    return {};
  }

  // @ts-expect-error -- a typo must not compile; this is no route
  @Scopes('read:plant')
  typo() {}
}

@Module({
  imports: [AuthModule.forFeature(permissions)],
  controllers: [PlantsController],
  providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
})
class PlantsModule {}

export const modules = (options: AuthOptions) => [AuthModule.forRoot(options), PlantsModule];

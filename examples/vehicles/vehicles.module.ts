import { Module } from '@nestjs/common';
import { AuthModule } from '../../src/auth/index.js';
import { VehiclesController } from './vehicles.controller.js';
import { vehiclesPermissions } from './vehicles.permissions.js';
import { VehiclesService } from './vehicles.service.js';

@Module({
  imports: [AuthModule.forFeature(vehiclesPermissions)],
  controllers: [VehiclesController],
  providers: [VehiclesService],
})
export class VehiclesModule {}

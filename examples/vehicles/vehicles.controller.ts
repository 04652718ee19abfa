import { Body, Controller, Delete, Get, HttpCode, NotFoundException, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentPrincipal, type Principal, Scopes } from '../../src/auth/index.js';
import { ownerOf } from '../../src/expenses/caller.js';
import { line } from '../../src/expenses/expense.fields.js';
import { type Vehicle, VehiclesService } from './vehicles.service.js';

const newVehicle = z.strictObject({ name: line(200) });
const keptVehicle = newVehicle.extend({ id: z.uuid() }).meta({ id: 'Vehicle' });
const idParameter = z.uuid();

@ApiTags('Vehicles')
@Controller('vehicles')
@Scopes('read:vehicles')
export class VehiclesController {
  constructor(private readonly service: VehiclesService) {}

  @Get()
  @ApiOkResponse({ standardSchema: z.array(keptVehicle) })
  list(@CurrentPrincipal() principal: Principal): Promise<Vehicle[]> {
    return this.service.list(ownerOf(principal));
  }

  @Get(':id')
  @ApiOkResponse({ standardSchema: keptVehicle })
  async find(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: idParameter }) id: string,
  ): Promise<Vehicle> {
    const found = await this.service.find(ownerOf(principal), id);
    if (!found) throw new NotFoundException();
    return found;
  }

  @Post()
  @Scopes('create:vehicles')
  @ApiCreatedResponse({ standardSchema: keptVehicle })
  create(
    @CurrentPrincipal() principal: Principal,
    @Body({ schema: newVehicle }) fields: z.output<typeof newVehicle>,
  ): Promise<Vehicle> {
    return this.service.create(ownerOf(principal), fields);
  }

  @Delete(':id')
  @Scopes('delete:vehicles')
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('id', { schema: idParameter }) id: string,
  ): Promise<void> {
    if (!(await this.service.remove(ownerOf(principal), id))) throw new NotFoundException();
  }
}

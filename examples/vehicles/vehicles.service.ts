import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Database } from '../../src/database/database.js';
import { and, desc, eq } from '../../src/database/drizzle.js';
import { vehiclesTable } from './vehicles.table.js';

/** How many a list has, so that it fits into an answer. */
const LIMIT = 100;

export interface Vehicle {
  readonly id: string;
  readonly name: string;
}

const columns = { id: vehiclesTable.id, name: vehiclesTable.name };

/** Keeps them in the database. Every query asks for the owner, so that nobody's can be reached by another. */
@Injectable()
export class VehiclesService {
  constructor(private readonly database: Database) {}

  /** The newest first, 100 at most. @throws DatabaseUnavailable */
  list(owner: string): Promise<Vehicle[]> {
    return this.database.query((queries) =>
      queries
        .select(columns)
        .from(vehiclesTable)
        .where(eq(vehiclesTable.owner, owner))
        .orderBy(desc(vehiclesTable.id))
        .limit(LIMIT),
    );
  }

  /** @throws DatabaseUnavailable */
  async find(owner: string, id: string): Promise<Vehicle | undefined> {
    const [found] = await this.database.query((queries) =>
      queries
        .select(columns)
        .from(vehiclesTable)
        .where(and(eq(vehiclesTable.owner, owner), eq(vehiclesTable.id, id))),
    );
    return found;
  }

  /** @throws DatabaseUnavailable */
  async create(owner: string, fields: Omit<Vehicle, 'id'>): Promise<Vehicle> {
    const [created] = await this.database.transaction((transaction) =>
      transaction
        .insert(vehiclesTable)
        .values({ id: uuidv7(), owner, ...fields })
        .returning(columns),
    );
    return created!;
  }

  /** @returns whether it was there @throws DatabaseUnavailable */
  async remove(owner: string, id: string): Promise<boolean> {
    const removed = await this.database.transaction((transaction) =>
      transaction
        .delete(vehiclesTable)
        .where(and(eq(vehiclesTable.owner, owner), eq(vehiclesTable.id, id)))
        .returning({ id: vehiclesTable.id }),
    );
    return removed.length > 0;
  }
}

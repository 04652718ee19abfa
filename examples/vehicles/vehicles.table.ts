import { index, pgTable, text, uuid } from '../../src/database/drizzle.js';

/** The vehicles of all owners. `npm run db:generate` finds the table, and writes its migration. */
export const vehiclesTable = pgTable(
  'vehicles',
  {
    id: uuid().primaryKey(),
    owner: text().notNull(),
    name: text().notNull(),
  },
  (table) => [index('vehicles_of_owner').on(table.owner, table.id)],
);

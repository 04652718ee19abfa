import { v7 as uuidv7 } from 'uuid';
import type { Queries } from '../../database/database.js';
import { auditLog } from '../../database/schema.js';
import type { Author } from '../owner.js';

type Change = Pick<typeof auditLog.$inferInsert, 'action' | 'expenseId' | 'before' | 'after'>;

/** Notes who changed what, in the transaction of the change. */
export async function audit(transaction: Queries, author: Author, change: Change): Promise<void> {
  await transaction
    .insert(auditLog)
    .values({ id: uuidv7(), subject: author.owner, clientId: author.clientId, ...change });
}

import Fastify from 'fastify';
import { Pool } from 'pg';

// The yardstick: the same rows by the same statement, with nothing around it. The owner is a parameter.
const [, , connectionString, poolSize] = process.argv;
const pool = new Pool({ connectionString, max: Number(poolSize) });
const text = `SELECT id, date::text, description, value, currency, category, created_at AS "createdAt", updated_at AS "updatedAt"
  FROM expenses WHERE owner = $1 ORDER BY date DESC, id DESC LIMIT $2`;

const server = Fastify();
server.get('/', async ({ query }) => {
  const { rows } = await pool.query({ name: 'list', text, values: [query.owner, Number(query.limit)] });
  return rows.map((row) => Object.assign(row, { value: Number(row.value) }));
});
process.stdout.write(`raw listens on ${await server.listen({ port: 0, host: '127.0.0.1' })}\n`);

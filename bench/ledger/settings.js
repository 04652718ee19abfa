const { env } = process;

export const settings = {
  postgres: env.LEDGER_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  rows: Number(env.LEDGER_ROWS ?? 1_000_000),
  fewRows: 10_000,
  rowsPerOwner: 100,
  importRows: 100_000,
  seconds: Number(env.LEDGER_SECONDS ?? 10),
  rounds: Number(env.LEDGER_ROUNDS ?? 5),
  connections: 16,
  callers: 200,
  poolSize: 10,
  limit: 50,
};

export const ownerName = (number) => `owner-${number}`;

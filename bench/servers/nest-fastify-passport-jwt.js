import { FastifyAdapter } from '@nestjs/platform-fastify';
import { listen } from '../lib/nest.js';
import { passportJwtModule } from '../lib/nest-passport-jwt.js';

/** On Fastify. */
export async function start(settings) {
  return listen(passportJwtModule(settings), new FastifyAdapter());
}

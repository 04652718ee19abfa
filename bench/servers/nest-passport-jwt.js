import { ExpressAdapter } from '@nestjs/platform-express';
import { listen } from '../lib/nest.js';
import { passportJwtModule } from '../lib/nest-passport-jwt.js';

/** On Express, Nest's default adapter. */
export async function start(settings) {
  return listen(passportJwtModule(settings), new ExpressAdapter());
}

import { start as startNest } from './nest-fastify.js';

class First {
  canActivate() {
    return true;
  }
}
class Second extends First {}

/** Two guards that let everybody in at once: the least that guards can cost. */
export const start = (options) => startNest(options, [First, Second]);

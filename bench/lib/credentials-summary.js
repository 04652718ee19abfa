import { ALGORITHMS } from './keys.js';
import { judge, spread } from './spread.js';

const MODULE = 'nest-fastify-auth';
const PEER = 'express-oauth2-jwt-bearer';
/** What counts as unchanged where bound tokens are taken and nobody has one. */
const UNCHANGED = 0.9;

/**
 * Turns the measurements of all rounds into rows of CPU time a request, each ratio taken within a round.
 *
 * @returns `{ rows: { what, module, peer, ratio }[], targets: Target[] }`
 */
export function summarizeCredentials({ measurements }) {
  const rounds = [...new Set(measurements.map(({ round }) => round))];
  const cpu = (server, credential) =>
    rounds.map(
      (round) =>
        measurements.find(
          (each) => each.round === round && each.server === server && each.credential === credential,
        ).serverCpuMicroseconds,
    );
  const rows = [...ALGORITHMS, 'bound'].map((credential) => {
    const [own, peer] = [cpu(MODULE, credential), cpu(PEER, credential)];
    const what =
      credential === 'bound' ? 'DPoP, token seen before, new proof (ES256)' : `new token, ${credential}`;
    return { what, credential, module: spread(own), peer: spread(peer), ratio: ratio(peer, own) };
  });
  return {
    rows,
    targets: [
      ...rows.map(({ what, credential, ratio: value }) =>
        judge(`${what}: AuthModule against ${PEER}`, credential === 'bound' ? 2 : 1, value),
      ),
      judge(
        'remembered bearer tokens: AuthModule that takes no bound ones against one that does',
        UNCHANGED,
        ratio(cpu(MODULE, 'bearer'), cpu(MODULE, 'bearer, bound ones taken')),
      ),
    ],
  };
}

function ratio(above, below) {
  return spread(above.map((value, i) => value / below[i]));
}

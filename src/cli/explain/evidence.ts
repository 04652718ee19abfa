import type { AccessToken } from '../../auth/index.js';
import type { RefusalReason } from '../../auth/index.js';
import type { TokenRules } from '../../auth/index.js';

const LONGEST = 200;

/** A value of a token for a terminal: it comes from anywhere, so only plain characters are left as they are. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
  return short.replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const list = (values: readonly string[]) => values.map(shown).join(' or ');
const names = (object: object) => Object.keys(object).map(shown).join(', ');

/** A time, and how far away it is. */
export function timeText(seconds: unknown): string {
  if (seconds === undefined) return 'absent';
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return shown(seconds);
  const away = Math.round(Number(seconds) - Date.now() / 1000);
  return `${date.toISOString()}, ${Math.abs(away)} s ${away < 0 ? 'ago' : 'from now'}`;
}

/** What a failed check found, and what it looked for; nothing of the token but the members that the check is about. */
export function evidence(reason: RefusalReason, { header, claims }: AccessToken, rules: TokenRules): string {
  switch (reason) {
    case 'unsupported_algorithm':
      return `alg is ${shown(header.alg)}`;
    case 'unsupported_header':
      return `it has ${names(header)}`;
    case 'unsupported_type':
      return `typ is ${shown(header.typ)}`;
    case 'missing_claim':
      return `it has ${names(claims) || 'no claims'}`;
    case 'wrong_issuer':
      return `iss is ${shown(claims.iss)}, expected is ${list(rules.issuers)}`;
    case 'wrong_audience':
      return `aud is ${shown(claims.aud)}, expected is ${list(rules.audiences)}`;
    case 'token_expired':
      return `exp is ${timeText(claims.exp)}`;
    case 'token_not_yet_valid':
      return `nbf is ${timeText(claims.nbf)}`;
    case 'issued_in_future':
      return `iat is ${timeText(claims.iat)}; is the clock of this machine right?`;
    default:
      return 'no';
  }
}

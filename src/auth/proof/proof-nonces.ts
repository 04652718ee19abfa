import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a nonce is given out, in seconds; it is accepted that long again. */
const WINDOW_SECONDS = 60;

/**
 * The nonces that proofs must carry (RFC 9449, 8 and 9): an HMAC of the present minute, so nothing is stored, and
 * processes with the same secret accept each other's. Those of this minute and of the one before are good.
 */
export class ProofNonces {
  private readonly secret: Buffer;
  private readonly made = new Map<number, string>();

  /** @param secret shared by all processes; without one each has its own, and clients are asked again by the next one */
  constructor(secret?: string) {
    this.secret = secret === undefined ? randomBytes(32) : Buffer.from(secret);
  }

  /** The nonce that clients should use now. */
  current(): string {
    return this.of(thisWindow());
  }

  /** Whether a proof with this `nonce` claim is up to date: that of this minute or of the one before. */
  isGood(nonce: unknown): boolean {
    if (typeof nonce !== 'string') return false;
    const window = thisWindow();
    return isSame(nonce, this.of(window)) || isSame(nonce, this.of(window - 1));
  }

  private of(window: number): string {
    const known = this.made.get(window);
    if (known !== undefined) return known;
    const nonce = createHmac('sha256', this.secret).update(`dpop-nonce ${window}`).digest('base64url');
    // Nobody asks for others than the last two.
    for (const old of this.made.keys()) if (Math.abs(old - window) > 1) this.made.delete(old);
    this.made.set(window, nonce);
    return nonce;
  }
}

const thisWindow = () => Math.floor(Date.now() / 1000 / WINDOW_SECONDS);

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

import { Injectable } from '@nestjs/common';

/** Whether this process wants new requests. Turned off, for good, when it is about to stop. */
@Injectable()
export class Readiness {
  #stopping = false;

  get isStopping(): boolean {
    return this.#stopping;
  }

  stop(): void {
    this.#stopping = true;
  }
}

import { Injectable } from '@nestjs/common';

/** Whether this process wants new requests. Turned off, for good, when it is about to stop. */
@Injectable()
export class Readiness {
  #stopping = false;

  /** Whether it is about to stop, so that balancers should send nothing more. */
  get isStopping(): boolean {
    return this.#stopping;
  }

  /** To be called once the process has been asked to stop. */
  stop(): void {
    this.#stopping = true;
  }
}

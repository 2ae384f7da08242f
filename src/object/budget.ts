/**
 * How much one file may cause to be made. An object of a few kilobytes can ask for gigabytes: a thousand programs that
 * each call the same megabyte of subprograms, names that are the tails of one long name. Whatever multiplies is paid
 * from this budget, in bytes, before it is made.
 */

import { ObjectError, type ObjectErrorPlace } from "./errors.ts";

/** Largest objects seen use a tenth of it: programs that share large subprograms grow by a factor of 2 to 5. */
const FACTOR = 48;
const FLOOR = 16 << 20;

export class Budget {
  readonly #limit: number;
  #spent = 0;

  constructor(fileSize: number) {
    this.#limit = fileSize * FACTOR + FLOOR;
  }

  /** @throws ObjectError `too-large` when the file has used up what its size allows. */
  spend(bytes: number, what: string, place?: ObjectErrorPlace): void {
    this.#spent += bytes;
    if (this.#spent > this.#limit) {
      const message = `expected at most ${this.#limit} bytes to come of this file, found more (${what}); it is malformed or made to exhaust memory`;
      throw new ObjectError("too-large", message, place);
    }
  }
}

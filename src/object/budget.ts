/**
 * How much one file may cause to be made. An object of a few kilobytes can ask for gigabytes: a thousand programs that
 * each call the same megabyte of subprograms, names that are the tails of one long name. Whatever multiplies is paid
 * from this budget, in bytes, before it is made.
 */

import { ObjectError, type ObjectErrorPlace } from "./errors.ts";

/** The most that was seen of any object was 2.3 times its size: programs that share large subprograms. */
const FACTOR = 32;
const FLOOR = 8 << 20;

/** What a plain object of a few numbers costs. */
export const RECORD_COST = 64;

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

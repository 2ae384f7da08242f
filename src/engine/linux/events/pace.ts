/**
 * How to wait for the next records of a buffer. While few come, the kernel wakes us for each: they are here within microseconds. A wake-up
 * costs the program that writes about 1 µs and us about 10 µs, so while many come nobody is woken: we look every millisecond, and one look takes
 * all of them. A buffer that would be full before the next look is looked at in every turn of the event loop.
 */

/** Records within a millisecond from which on we look instead of being woken. */
export const MANY = 16;
/** Found by a look: so few that we let ourselves be woken again. */
export const FEW = 4;
/** The part of a buffer that fills in a millisecond from which on we look all the time: timers are late by a millisecond or two. */
const FAST = 0.25;

/** `woken`: by the kernel. `timer`: look in a millisecond. `turn`: look in the next turn of the event loop. */
export type Manner = "woken" | "timer" | "turn";

export class Pace {
  /** Bytes that the buffer holds. */
  readonly #size: number;
  /** Of what was taken out since then. */
  #since = Number.NEGATIVE_INFINITY;
  #records = 0;
  #bytes = 0;
  #manner: Manner = "woken";

  constructor(size: number) {
    this.#size = size;
  }

  /** Says how to wait, from how many records, and bytes of the buffer, were taken out since the last time. @param now milliseconds. */
  note(records: number, bytes: number, now: number): Manner {
    const elapsed = now - this.#since;
    if (this.#manner === "woken" && elapsed > 1) this.#begin(now);
    this.#records += records;
    this.#bytes += bytes;
    if (this.#manner === "woken") {
      if (this.#records < MANY) return "woken";
      this.#manner = this.#bytes > this.#size * FAST ? "turn" : "timer";
      this.#begin(now);
    } else if (elapsed >= 1) {
      if (this.#records < FEW) this.#manner = "woken";
      else this.#manner = this.#bytes / elapsed > this.#size * FAST ? "turn" : "timer";
      this.#begin(now);
    }
    return this.#manner;
  }

  #begin(now: number): void {
    this.#since = now;
    this.#records = 0;
    this.#bytes = 0;
  }
}

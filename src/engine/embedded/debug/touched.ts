/**
 * Which bytes of the packet a program has read and written so far: for each byte of the packet area the time of the first
 * read and of the first write, so that the answer is right after going back, too.
 */

import type { AddressSpace } from "../access.ts";
import type { Effect } from "./effects.ts";
import type { Tape } from "./tape.ts";

export interface Touch {
  readonly read: boolean;
  readonly written: boolean;
}

const NEVER = Number.MAX_SAFE_INTEGER;

export class Touched {
  readonly #space: AddressSpace;
  /** The addresses that are kept account of: a packet may grow at both ends. */
  readonly #start: number;
  readonly #reads: Float64Array;
  readonly #writes: Float64Array;

  /** @param start and `end`: addresses that the packet may come to lie in. */
  constructor(space: AddressSpace, start: number, end: number) {
    this.#space = space;
    this.#start = start;
    this.#reads = new Float64Array(Math.max(0, end - start)).fill(NEVER);
    this.#writes = new Float64Array(Math.max(0, end - start)).fill(NEVER);
  }

  /** Notes the step that was just carried out, before it is committed to the tape. Hot. */
  note(effect: Effect, tape: Tape): void {
    const { readStart, readEnd } = effect;
    if (readEnd > readStart) this.#mark(this.#reads, readStart, readEnd, tape.time + 1);
    if (effect.store) this.#mark(this.#writes, effect.start, effect.end, tape.time + 1);
    else if (effect.anything) this.#noteHelper(tape);
  }

  /** What was done to a byte of the packet up to a time. */
  at(address: number, time: number): Touch {
    const index = address - this.#start;
    return { read: (this.#reads[index] ?? NEVER) <= time, written: (this.#writes[index] ?? NEVER) <= time };
  }

  /** A helper wrote what is different now. */
  #noteHelper(tape: Tape): void {
    const { packetStart, packetEnd } = this.#space;
    tape.eachNoted((word, difference) => {
      if (word * 4 + 4 <= packetStart || word * 4 >= packetEnd) return;
      for (let byte = 0; byte < 4; byte++) {
        if (((difference >>> (byte * 8)) & 0xff) === 0) continue;
        this.#mark(this.#writes, word * 4 + byte, word * 4 + byte + 1, tape.time + 1);
      }
    });
  }

  #mark(times: Float64Array, from: number, to: number, time: number): void {
    const { packetStart, packetEnd } = this.#space;
    if (to <= packetStart || from >= packetEnd) return;
    const first = Math.max(0, from - this.#start);
    const last = Math.min(times.length, to - this.#start);
    for (let index = first; index < last; index++) if (times[index]! > time) times[index] = time;
  }
}

/** Why paths were walked that looked like others: what differed from the states that were stored, counted for a profile. */

import { printSlot } from "../print/frame.ts";
import { printRegister } from "../print/register.ts";
import type { Slot } from "../state/slot.ts";
import type { State } from "../state/state.ts";
import type { Difference } from "../verdict.ts";
import { type Place, placeAt } from "./equal.ts";

/** Of a whole program. */
export class Differences {
  readonly #found: Map<string, { -readonly [Key in keyof Difference]: Difference[Key] }> = new Map();
  readonly #era: number;

  /** @param era the kernel whose notation registers are told in. */
  constructor(era: number) {
    this.#era = era;
  }

  /** @param old the stored state that `cur` was just found to differ from, before the same instruction. */
  note(old: State, cur: State, slot: number): void {
    const key = `${slot} ${old.difference}`;
    const found = this.#found.get(key);
    if (found !== undefined) {
      found.count++;
      return;
    }
    const place = placeAt(old.difference);
    this.#found.set(key, {
      slot,
      frame: place?.frame ?? cur.frame.number,
      register: place === null || place.inStack ? null : place.index,
      stackOffset: place?.inStack === true ? (place.index + 1) * -8 : null,
      before: place === null ? null : this.#at(old, place),
      now: place === null ? null : this.#at(cur, place),
      count: 1,
    });
  }

  /** The most frequent first. */
  all(): Difference[] {
    return [...this.#found.values()].sort((a, b) => b.count - a.count);
  }

  #at(state: State, { frame, inStack, index }: Place): string | null {
    const { regs, stack } = state.frames[frame]!;
    if (!inStack) return printRegister(regs[index]!, frame, this.#era);
    const slot: Slot | undefined = stack[index];
    return slot === undefined ? null : printSlot(slot, frame, this.#era);
  }
}

/**
 * What a program that nobody proved has acquired and must release before its end, as the kernel's verifier follows it
 * (`bpf_reference_state`): records, references, locks, iterators.
 */

import { releaseLock } from "../maps/special.ts";
import type { Memory } from "../memory.ts";

/** A kind of thing that is acquired and released; compared by identity. */
export interface Obligation {
  /** E.g. `ring buffer record`. */
  readonly name: string;
  /** What acquiring it is called: `reserved`. */
  readonly acquired: string;
  /** What was not done when it is left over: `neither submitted nor discarded`. */
  readonly missing: string;
  /** While it is held, most functions may not be called, and no second one be taken. */
  readonly isLock?: boolean;
  /** Of a lock: others may be held meanwhile. */
  readonly nests?: boolean;
}

interface Entry {
  readonly what: Obligation;
  readonly address: number;
  readonly slot: number;
}

export class Ledger {
  /** Latest last. */
  readonly #entries: Entry[] = [];

  /** How many of them are locks. */
  locks = 0;

  /** How many there are. */
  get size(): number {
    return this.#entries.length;
  }

  clear(): void {
    // Setting the length leaves compiled code, also when nothing changes: 25 ns.
    if (this.#entries.length > 0) this.#entries.length = 0;
    this.locks = 0;
  }

  /** The program was stopped: nobody else may wait for the locks that it holds. */
  abandon(memory: Memory): void {
    for (const { what, address } of this.#entries) if (what.isLock === true) releaseLock(memory, address);
    this.clear();
  }

  /** @param slot of the instruction that acquires it. */
  add(what: Obligation, address: number, slot: number): void {
    this.#entries.push({ what, address, slot });
    if (what.isLock === true) this.locks++;
  }

  holds(what: Obligation, address: number): boolean {
    return this.#find(what, address) >= 0;
  }

  /** False when it is not held. */
  remove(what: Obligation, address: number): boolean {
    const index = this.#find(what, address);
    if (index < 0) return false;
    // `splice` makes an array of what it takes out; mostly it is the latest.
    if (index === this.#entries.length - 1) this.#entries.pop();
    else this.#entries.splice(index, 1);
    if (what.isLock === true) this.locks--;
    return true;
  }

  /** What was acquired last and is still held: the slot that did it, and what is wrong with it. */
  leftOver(): { readonly slot: number; readonly why: string } | null {
    const last = this.#entries.at(-1);
    if (last === undefined) return null;
    const { what, slot } = last;
    return { slot, why: `${what.name} ${what.acquired} at slot ${slot} was ${what.missing}` };
  }

  #find(what: Obligation, address: number): number {
    const entries = this.#entries;
    for (let index = entries.length - 1; index >= 0; index--) {
      if (entries[index]!.what === what && entries[index]!.address === address) return index;
    }
    return -1;
  }
}

/** What is wrong with calling a function while a lock is held. */
export const calledUnderLock = ({ name }: { readonly name: string }): string => `${name} may not be called while a lock is held`;

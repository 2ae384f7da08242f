/** Program arrays as user space sees them. */

import type { Btf } from "../../../btf/btf.ts";
import type { ProgramArray, ProgramHandle } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";
import type { ProgramTable } from "../room/programs.ts";
import { UserHandle } from "./handle.ts";

export class UserProgramArray extends UserHandle implements ProgramArray {
  readonly #programs: ProgramTable;

  constructor(store: MapStore, memory: Memory, types: Btf | null, programs: ProgramTable) {
    super(store, memory, types);
    this.#programs = programs;
  }

  get(index: number): ProgramHandle | undefined {
    const store = this.readable();
    this.#putIndex(index);
    const element = store.find(store.scratchKey);
    return element < 0 ? undefined : this.#at(element);
  }

  set(index: number, program: ProgramHandle): void {
    const store = this.writable();
    const number = this.#programs.numberFor(store, program);
    if (number === 0) {
      const owner = this.#programs.ownerOf(store);
      const wanted = owner === null ? "a program of this engine" : `a program of this engine and of type ${owner}`;
      throw new MapError(this.name, "invalid", `${this.name}: expected ${wanted}, found ${program.name}`);
    }
    this.#putIndex(index);
    this.memory.words[store.scratchValue >>> 2] = number;
    if (store.updateAll(store.scratchKey, store.scratchValue, 0) < 0) {
      throw new MapError(this.name, "not-found", `${this.name}: there is no entry ${index}; it has 0 to ${store.maxEntries - 1}`);
    }
  }

  delete(index: number): boolean {
    const store = this.writable();
    this.#putIndex(index);
    return store.delete(store.scratchKey) === 0;
  }

  clear(): void {
    this.writable().clear();
  }

  *entries(): IterableIterator<[number, ProgramHandle]> {
    for (let index = 0; ; index++) {
      index = this.readable().scan(index);
      if (index < 0) return;
      const program = this.#at(index);
      if (program !== undefined) yield [index, program];
    }
  }

  #at(index: number): ProgramHandle | undefined {
    const number = this.memory.words[this.store.valueAddress(index, 0) >>> 2]!;
    return this.#programs.at(number)?.program ?? undefined;
  }

  /** What is no u32 is an index beyond the end. */
  #putIndex(index: number): void {
    const valid = Number.isInteger(index) && index >= 0 && index < this.store.maxEntries;
    this.memory.words[this.store.scratchKey >>> 2] = valid ? index : 0xffff_ffff;
  }
}

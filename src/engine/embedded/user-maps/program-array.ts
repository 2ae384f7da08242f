/** Program arrays as user space sees them. */

import type { Btf } from "../../../btf/btf.ts";
import type { ProgramArray, ProgramHandle } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";
import type { ProgramTable } from "../room/programs.ts";
import { UserReferences } from "./references.ts";

export class UserProgramArray extends UserReferences<ProgramHandle> implements ProgramArray {
  readonly #programs: ProgramTable;

  constructor(store: MapStore, memory: Memory, types: Btf | null, programs: ProgramTable) {
    super(store, memory, types);
    this.#programs = programs;
  }

  get(index: number): ProgramHandle | undefined {
    const store = this.readable();
    this.putIndex(index);
    const element = store.find(store.scratchKey);
    return element < 0 ? undefined : this.#at(element);
  }

  *entries(): IterableIterator<[number, ProgramHandle]> {
    for (let index = 0; ; index++) {
      index = this.readable().scan(index);
      if (index < 0) return;
      const program = this.#at(index);
      if (program !== undefined) yield [index, program];
    }
  }

  protected override referenceOf(program: ProgramHandle): number {
    const number = this.#programs.numberFor(this.store, program);
    if (number > 0) return number;
    const owner = this.#programs.ownerOf(this.store);
    const wanted = owner === null ? "a program of this engine" : `a program of this engine and of type ${owner}`;
    throw new MapError(this.name, "invalid", `${this.name}: expected ${wanted}, found ${program.name}`);
  }

  #at(index: number): ProgramHandle | undefined {
    const number = this.memory.words[this.store.valueAddress(index, 0) >>> 2]!;
    return this.#programs.at(number)?.program ?? undefined;
  }
}

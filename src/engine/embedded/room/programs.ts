/** The programs of an engine by number: what program arrays hold, and what tail calls go on with. */

import type { ProgramType } from "../../../uapi/program-types.ts";
import type { Program, ProgramHandle } from "../../engine.ts";
import type { Executor } from "../executor.ts";
import type { MapStore } from "../maps/store.ts";
import type { PreparedProgram } from "../program.ts";

/** A program that a tail call may go on with. */
export interface TailTarget {
  /** Null in a thread that is a CPU, where no user is. */
  readonly program: Program | null;
  readonly type: ProgramType;
  readonly code: PreparedProgram;
  /** By number of the CPU; those of this thread. */
  readonly executors: readonly (Executor | undefined)[];
}

/** Which word of a map's values is the number of a program, or -1. */
function placeOfProgram({ type, valueSize }: MapStore): number {
  if (type === "prog_array") return 0;
  return valueSize === 8 && (type === "cpumap" || type.startsWith("devmap")) ? 1 : -1;
}

export class ProgramTable {
  /** By number, from 1 on. */
  readonly #targets: (TailTarget | undefined)[] = [undefined];
  readonly #numbers = new Map<ProgramHandle, number>();
  /** Whose programs a program array is for: the type of the first that uses it, or is put into it (`bpf_prog_map_compatible`). */
  readonly #owners = new WeakMap<MapStore, ProgramType>();

  /** @param number that another thread has given it. @returns its number. */
  add(target: TailTarget, number: number = this.#targets.length): number {
    if (target.program !== null) this.#numbers.set(target.program, number);
    this.#targets[number] = target;
    return number;
  }

  /** In a thread that is a CPU: the program is gone; nobody calls it any more. */
  drop(number: number): void {
    this.#targets[number] = undefined;
  }

  /** In a thread that is a CPU: any program may be put into an array by another thread at any time. */
  offerAll(): void {
    this.#targets.forEach((target, number) => {
      for (const executor of target?.executors ?? []) executor?.offer(number);
    });
  }

  /**
   * It is closed. Where the kernel keeps a program alive that is in an array, its maps are gone here: it is taken out of the arrays.
   * @param maps of the engine. @returns its code; null when it was not here.
   */
  remove(program: Program, words: Uint32Array, maps: Iterable<MapStore>): PreparedProgram | null {
    const number = this.#numbers.get(program);
    if (number === undefined) return null;
    const code = this.#targets[number]?.code ?? null;
    this.#targets[number] = undefined;
    this.#numbers.delete(program);
    for (const map of maps) {
      const place = placeOfProgram(map);
      if (place < 0) continue;
      for (let index = map.scan(0); index >= 0; index = map.scan(index + 1)) {
        // The whole entry goes: packets shall not pass where nobody looks at them any more.
        if (words[(map.valueAddress(index, 0) >>> 2) + place] === number) map.delete(map.keyAddress(index));
      }
    }
    return code;
  }

  at(number: number): TailTarget | null {
    return this.#targets[number] ?? null;
  }

  /**
   * The number to put into an array, after which tail calls reach the program; 0 when the array is for programs of another type, or
   * the program is not of this engine: the kernel says EINVAL then.
   */
  numberFor(array: MapStore, program: ProgramHandle): number {
    const number = this.#numbers.get(program) ?? 0;
    const target = this.#targets[number];
    if (target === undefined || !this.claim(array, target.type)) return 0;
    for (const executor of target.executors) executor?.offer(number);
    return number;
  }

  /** The type of programs that an array is for; null as long as nobody has used it. */
  ownerOf(array: MapStore): ProgramType | null {
    return this.#owners.get(array) ?? null;
  }

  /** A program of this type uses the array. False when it is for programs of another type. */
  claim(array: MapStore, type: ProgramType): boolean {
    const owner = this.#owners.get(array);
    if (owner === undefined) this.#owners.set(array, type);
    return owner === undefined || owner === type;
  }
}

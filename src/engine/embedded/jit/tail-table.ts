/** What the programs on one CPU that make tail calls have in common: the table of functions, and which of them runs. */

import type { Cpu } from "../cpu.ts";

/** A main function: r1, r2, frame, fuel; the lower half of r0. */
export type MainFunction = (r1: number, r2: number, frame: number, fuel: number) => number;

/** A `WebAssembly.Table` of functions. */
export interface FunctionTable {
  readonly length: number;
  grow(by: number): number;
  set(index: number, value: MainFunction): void;
}

// What we use of WebAssembly; the DOM library that declares it is not for Node.
declare const WebAssembly: {
  readonly Table: new (descriptor: { element: "anyfunc"; initial: number }) => FunctionTable;
};

export class TailTable<Runner> {
  /** By number of the room's program table. */
  readonly functions: FunctionTable = new WebAssembly.Table({ element: "anyfunc", initial: 16 });
  /** The program that runs now, as far as it needs the host to know. */
  current: Runner | null = null;
  /** Functions that wait for the end of a program which their tail call began, latest last. */
  readonly waiting: { readonly runner: Runner; readonly stackEnd: number }[] = [];

  set(number: number, main: MainFunction): void {
    const { functions } = this;
    if (number >= functions.length) functions.grow(Math.max(functions.length, number + 1 - functions.length));
    functions.set(number, main);
  }
}

/** One for each CPU. */
export class TailTables<Runner> {
  readonly #tables = new WeakMap<Cpu, TailTable<Runner>>();

  of(cpu: Cpu): TailTable<Runner> {
    let table = this.#tables.get(cpu);
    if (table === undefined) this.#tables.set(cpu, (table = new TailTable()));
    return table;
  }
}

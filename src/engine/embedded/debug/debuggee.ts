/**
 * What a debugger needs of a loaded program. A collection says it of each program that it loads; nothing of it is kept
 * alive longer than the program.
 *
 * A debugger makes the program once more, on executors of its own: however a hook lays out packets and contexts, it ends
 * in `Executor.call`, and there the debugger takes over.
 */

import type { Spec } from "../../../object/spec.ts";
import type { Program } from "../../engine.ts";
import type { AnyMap } from "../../maps.ts";
import type { Cpu } from "../cpu.ts";
import type { Executor } from "../executor.ts";
import type { HelperTable } from "../helpers/helper.ts";
import type { ResolvedProgram } from "../resolve.ts";

export interface Debuggee {
  /** What it was loaded from, types included. */
  readonly spec: Spec;
  readonly resolved: ResolvedProgram;
  readonly helpers: HelperTable;
  readonly cpus: readonly Cpu[];
  /** Instructions that one run may take. */
  readonly fuel: number;
  /** Maps of its collection as user space sees them, by name. */
  maps(): Readonly<Record<string, AnyMap>>;
  /** The same program on other executors, one a CPU. */
  make(executors: readonly Executor[]): Program;
}

const debuggees = new WeakMap<Program, Debuggee>();

/** Called by the collection that loads the program. */
export function offerToDebugger(program: Program, debuggee: Debuggee): void {
  debuggees.set(program, debuggee);
}

/** @throws TypeError for a program of another engine. */
export function debuggeeOf(program: Program): Debuggee {
  const debuggee = debuggees.get(program);
  if (debuggee !== undefined) return debuggee;
  throw new TypeError(`${program.name}: only programs of the embedded engine can be debugged; load the Spec with openEmbedded()`);
}

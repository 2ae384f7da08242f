/** What the engine must know of a program type to run programs of it: one file a type (or family) in this folder makes one. */

import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import type { Program } from "../../engine.ts";
import type { Executor } from "../executor.ts";
import type { Helper, HelperTable } from "../helpers/helper.ts";
import type { Room } from "../room/room.ts";
import type { OwnContext } from "../target/target.ts";

/** A program that was loaded into the embedded engine. */
export interface LoadedProgram extends Program {
  /** Detaches it everywhere; it does not run any more. */
  close(): Promise<void>;
}

export interface ProgramKind {
  readonly type: ProgramType;
  /** What its programs may call. What is not here is refused by name when a program is loaded. */
  readonly helpers: HelperTable;
  /** Whether legacy packet loads (RFC 9669 §5.5) may be used: they belong to programs on sockets and in traffic control. */
  readonly packetLoads: boolean;
  /**
   * Whether its arguments are typed pointers to objects of the kernel: loads through them never fault, through null they read 0
   * (BPF_PROBE_MEM). Absent: no.
   */
  readonly kernelPointers?: boolean;
  /** Functions of the application that its programs may call by name, as they call kernel functions. Absent: none. */
  readonly functions?: ReadonlyMap<string, Helper>;
  /** The context that an application declared for it. Absent: the kernel's for its type. */
  readonly context?: OwnContext;
  /** @throws VerifierError for a program that this kind cannot run, whatever it does. */
  check?(program: ProgramSpec, spec: Spec): void;
  /** @param executors one a CPU. @param fuel instructions that one run may take. */
  make(spec: ProgramSpec, executors: readonly Executor[], room: Room, fuel: number): LoadedProgram;
}

/**
 * What the engine's thread and those that are its CPUs say to each other.
 *
 * Two ways: messages for what happens now and then (a program is loaded, a ring opened), and words in shared memory for what happens
 * all the time (packets). A CPU looks at messages only between two batches of packets; so when one has been answered, no program
 * that was attached before it runs any more. That is how a program and its maps are known to be free.
 */

import type { ExternSpec, MapSpec, ProgramSpec } from "../../../object/spec.ts";
import type { Conditions } from "../../../verifier/verdict.ts";
import type { SharedCode } from "../executor.ts";
import type { SpecialField } from "../maps/special.ts";
import type { MapPlace } from "../maps/store.ts";
import type { Region, WasmMemory } from "../memory.ts";
import type { RingShape } from "../room/ring-memory.ts";
import type { Trust } from "../verify.ts";

/** Words of a CPU's control block. */
export const CPU = {
  /** By the host: changes when there is something to do. The CPU sleeps on it. */
  bell: 0,
  /** By the host: messages that were sent. */
  posted: 1,
  /** By the CPU: 1 while it sleeps, or is about to. */
  asleep: 16,
  /** By the CPU: counts batches. */
  turns: 17,
  /** By the CPU: number of the program that runs, 0 for none. */
  running: 18,
} as const;

export const CPU_BLOCK = 128;

export interface ProgramMessage {
  readonly number: number;
  readonly spec: ProgramSpec;
  readonly externs: readonly ExternSpec[];
  readonly trust: Trust;
  /** What its proof leaves to the engine. */
  readonly conditions: Conditions | null;
  readonly fuel: number;
  /** Its number in the engine's program table: what program arrays hold. */
  readonly tail: number;
  /** Null for the interpreter. */
  readonly code: SharedCode | null;
}

export interface MapMessage {
  readonly spec: MapSpec;
  readonly place: MapPlace;
  readonly fields: readonly SpecialField[];
}

/** From the engine to a CPU. All but the first are answered. */
export type ToCpu =
  | {
      readonly kind: "start";
      readonly cpu: number;
      /** Of the engine. */
      readonly cpus: number;
      readonly seed: number;
      readonly memory: WasmMemory;
      /** Address of the control block. */
      readonly control: number;
      /** What the CPU takes, in the order in which it asks. */
      readonly regions: readonly Region[];
      /** `performance.timeOrigin` of the engine's thread: there is one clock. */
      readonly timeOrigin: number;
    }
  | {
      readonly kind: "load";
      readonly request: number;
      readonly collection: number;
      readonly maps: readonly MapMessage[];
      readonly programs: readonly ProgramMessage[];
    }
  | { readonly kind: "unload"; readonly request: number; readonly collection: number }
  | { readonly kind: "open ring"; readonly request: number; readonly ring: number; readonly shape: RingShape }
  | { readonly kind: "close ring"; readonly request: number; readonly ring: number }
  | { readonly kind: "settle"; readonly request: number };

/** From a CPU to the engine. */
export type FromCpu =
  /** A request was carried out, or could not be. */
  | { readonly kind: "answer"; readonly request: number; readonly error: string | null }
  /** As many packets as somebody waited for are done. */
  | { readonly kind: "done"; readonly ring: number }
  | { readonly kind: "print"; readonly text: string }
  /** A program was stopped that no packet waited for: a timer's function. */
  | { readonly kind: "fault"; readonly fault: FaultMessage }
  /** Programs were stopped. */
  | { readonly kind: "faults"; readonly ring: number; readonly packets: number; readonly first: FaultMessage }
  /** Something went wrong that no program can be blamed for; the CPU has ended. */
  | { readonly kind: "failed"; readonly message: string; readonly stack: string | undefined };

export interface FaultMessage {
  readonly program: string;
  readonly slot: number;
  readonly message: string;
}

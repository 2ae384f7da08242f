/** Loads and stores: which memory a pointer may touch, and what a load gives. */

import { refuse } from "../refusal.ts";
import type { Walk } from "../walk/walk.ts";

/** One load or store. */
export interface Access {
  /** The register that holds the pointer. */
  readonly reg: number;
  /** Added to it, bytes. */
  readonly off: number;
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly write: boolean;
  /** The register that is loaded or stored, or -1: none (an immediate is stored, or only the access is checked). */
  readonly value: number;
  /** The pointer must be aligned whatever the target says (atomics). */
  readonly strict: boolean;
  /** A load that extends the sign (`BPF_MEMSX`). */
  readonly signExtend: boolean;
}

/** Checks one access and puts what is loaded in its register (the kernel's `check_mem_access`). Throws Refused. */
export function checkMemory(_walk: Walk, access: Access): void {
  refuse(`R${access.reg} invalid mem access`);
}

/** `BPF_ATOMIC` instructions: read-modify-write, exchanges, load-acquire and store-release. */
export function checkAtomic(_walk: Walk): void {
  refuse("BPF_ATOMIC");
}

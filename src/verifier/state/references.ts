/** What a program took and must give back: `struct bpf_reference_state`. */

import type { Btf } from "../../btf/btf.ts";
import type { MapFacts } from "../program.ts";

export type ReferenceKind = "pointer" | "irq" | "lock" | "res-lock" | "res-lock-irq";

/** Never changed. */
export interface Reference {
  readonly kind: ReferenceKind;
  /** From `Walk.nextId()`, so that no two in a state are the same. */
  readonly id: number;
  /** The instruction that took it. */
  readonly slot: number;
  /** Locks: what they lie in, so that the same is unlocked: a map (with `Reg.mapUid` in `lockId`) or an allocated object. */
  readonly lockOf: MapFacts | Btf | null;
  /** Locks: `Reg.id` of the pointer to what they lie in. */
  readonly lockId: number;
  /** irq: 0 saved by bpf_local_irq_save, 1 by a lock. */
  readonly irqClass: number;
  /**
   * Before 6.13: the number of the callback's frame that took it, 0 outside of callbacks: callbacks give back what they took,
   * and nothing else. -1: anyone may give it back.
   */
  readonly callbackFrame: number;
}

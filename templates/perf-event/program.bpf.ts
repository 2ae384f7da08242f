// A profile: where the CPUs are when a clock ticks.

import { hash, perfEvent, type u64 } from "skep/bpf";

/** Samples by the address of the instruction. */
export const samples = hash<u64, u64>({ maxEntries: 65_536 });

export const sample = perfEvent((ctx) => {
  samples.increment(ctx.instructionPointer);
});

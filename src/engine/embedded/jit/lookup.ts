/** Lookups in maps as WebAssembly functions, specialized to one map each. */

import type { MapStore } from "../maps/store.ts";

export interface LookupCode {
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly code: Uint8Array;
}

export function writeLookup(_map: MapStore, _cpuGlobal: number): LookupCode | null {
  return null;
}

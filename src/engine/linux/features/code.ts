// Data: programs that only a kernel with the instructions in them takes. Each returns 0, or something that every type may.

import type { KernelVersion } from "../../../uapi/since.ts";

type Slot = readonly [opcode: number, destination: number, source: number, offset: number, immediate: number];

/** Instructions by their fields (RFC 9669 §3), little-endian. */
export function code(...slots: readonly Slot[]): Uint8Array {
  const bytes = new Uint8Array(slots.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [opcode, destination, source, offset, immediate]] of slots.entries()) {
    view.setUint8(index * 8, opcode);
    view.setUint8(index * 8 + 1, destination | (source << 4));
    view.setInt16(index * 8 + 2, offset, true);
    view.setInt32(index * 8 + 4, immediate, true);
  }
  return bytes;
}

/** `return 0` and `return 1`: what every type takes, but for those whose programs may not say no. */
export const RETURN_0 = code([0xb7, 0, 0, 0, 0], [0x95, 0, 0, 0, 0]);
export const RETURN_1 = code([0xb7, 0, 0, 0, 1], [0x95, 0, 0, 0, 0]);

const R0_IS_0: Slot = [0xb7, 0, 0, 0, 0];
/** `*(u64 *)(r10 - 8) = r0` */
const STORE: Slot = [0x7b, 10, 0, -8, 0];
export const EXIT: Slot = [0x95, 0, 0, 0, 0];

export interface Instructions {
  readonly name: string;
  readonly since: KernelVersion;
  readonly code: Uint8Array;
}

/** `r0 = 0` so often, and an exit. */
function long(count: number): Uint8Array {
  const bytes = new Uint8Array((count + 1) * 8);
  for (let at = 0; at < count; at++) bytes[at * 8] = 0xb7;
  bytes[count * 8] = 0x95;
  return bytes;
}

/** Versions of the instruction set as compilers number them (`-mcpu`), and what came beside them. */
export const INSTRUCTIONS: readonly Instructions[] = [
  { name: "v1", since: "3.18", code: code(R0_IS_0, EXIT) },
  // if r0 < 1 goto +0
  { name: "v2", since: "4.14", code: code(R0_IS_0, [0xa5, 0, 0, 0, 1], EXIT) },
  // if w0 < 1 goto +0
  { name: "v3", since: "5.1", code: code(R0_IS_0, [0xa6, 0, 0, 0, 1], EXIT) },
  // r0 = (s8)r0
  { name: "v4", since: "6.6", code: code(R0_IS_0, [0xbf, 0, 0, 8, 0], EXIT) },
  // call +1; exit; r0 = 0; exit
  { name: "functions", since: "4.16", code: code([0x85, 0, 1, 0, 1], EXIT, R0_IS_0, EXIT) },
  // r0 = 3; r0 -= 1; if r0 != 0 goto -2
  { name: "bounded loops", since: "5.3", code: code([0xb7, 0, 0, 0, 3], [0x17, 0, 0, 0, 1], [0x55, 0, 0, -2, 0], EXIT) },
  // r0 = atomic_fetch_add((u64 *)(r10 - 8), r0)
  { name: "atomics that return", since: "5.12", code: code(R0_IS_0, STORE, [0xdb, 10, 0, -8, 0x01], R0_IS_0, EXIT) },
  // again: may_goto end; goto again; end:
  { name: "may_goto", since: "6.9", code: code(R0_IS_0, [0xe5, 0, 0, 1, 0], [0x05, 0, 0, -2, 0], EXIT) },
  // r0 = load_acquire((u64 *)(r10 - 8))
  { name: "load_acquire, store_release", since: "6.15", code: code(R0_IS_0, STORE, [0xdb, 0, 10, -8, 0x100], R0_IS_0, EXIT) },
  // One more than `BPF_MAXINSNS`, the limit before.
  { name: "1,000,000 instructions", since: "5.2", code: long(4096) },
];

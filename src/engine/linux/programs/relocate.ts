/** Writing map descriptors into instructions: the loader's half of `ld_imm64` (RFC 9669 §5.4). */

import type { ProgramSpec } from "../../../object/spec.ts";
import { MapError } from "../../errors.ts";

/** `src_reg` of a wide load whose immediate is a map's descriptor, or the address of a byte of its first value. */
const PSEUDO = { map: 1, "map-value": 2 } as const;
const SLOT = 8;
const CALL = 0x85;
/**
 * What libbpf calls in the place of a map that was not made (`POISON_LDIMM64_MAP_BASE`): no kernel has as many helpers, so the verifier refuses
 * it where it is reached.
 */
export const ABSENT_MAP = 2_001_000_000;

/** A map that the Spec has and nobody asked for: its place among the Spec's maps. */
export interface LeftOut {
  readonly place: number;
}

/**
 * A copy of the program's code with every relocation applied.
 *
 * @param descriptorOf the descriptor of a map by its name, undefined when there is no such map.
 * @throws MapError `not-found` when the Spec has no such map.
 */
export function relocate(program: ProgramSpec, descriptorOf: (map: string) => number | LeftOut | undefined): Uint8Array {
  const code = program.code.slice();
  const view = new DataView(code.buffer);
  for (const { slot, kind, map, offset } of program.relocations) {
    const fd = descriptorOf(map);
    if (fd === undefined)
      throw new MapError(map, "not-found", `program ${program.name}, instruction ${slot}: its Spec has no map ${map}`);
    const at = slot * SLOT;
    if (typeof fd !== "number") {
      // Both halves: the verifier may get to either.
      for (const half of [at, at + SLOT]) {
        view.setUint32(half, CALL, true);
        view.setUint32(half + 4, ABSENT_MAP + fd.place, true);
      }
      continue;
    }
    // Destination register in the low half of the byte, source register in the high half.
    view.setUint8(at + 1, (view.getUint8(at + 1) & 0x0f) | (PSEUDO[kind] << 4));
    view.setInt32(at + 4, fd, true);
    view.setUint32(at + SLOT + 4, offset, true);
  }
  return code;
}

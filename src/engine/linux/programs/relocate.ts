/** Writing map descriptors into instructions: the loader's half of `ld_imm64` (RFC 9669 §5.4). */

import type { ProgramSpec } from "../../../object/spec.ts";
import { MapError } from "../../errors.ts";

/** `src_reg` of a wide load whose immediate is a map's descriptor, or the address of a byte of its first value. */
const PSEUDO = { map: 1, "map-value": 2 } as const;
const SLOT = 8;

/**
 * A copy of the program's code with every relocation applied.
 *
 * @param descriptorOf the descriptor of a map by its name, or undefined.
 * @throws MapError `not-found` when the Spec has no such map.
 */
export function relocate(program: ProgramSpec, descriptorOf: (map: string) => number | undefined): Uint8Array {
  const code = program.code.slice();
  const view = new DataView(code.buffer);
  for (const { slot, kind, map, offset } of program.relocations) {
    const fd = descriptorOf(map);
    if (fd === undefined)
      throw new MapError(map, "not-found", `program ${program.name}, instruction ${slot}: its Spec has no map ${map}`);
    const at = slot * SLOT;
    // Destination register in the low half of the byte, source register in the high half.
    view.setUint8(at + 1, (view.getUint8(at + 1) & 0x0f) | (PSEUDO[kind] << 4));
    view.setInt32(at + 4, fd, true);
    view.setUint32(at + SLOT + 4, offset, true);
  }
  return code;
}

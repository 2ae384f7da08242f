/** Bytes to columns. Nothing is refused here: what is malformed must meet the check that the kernel would refuse it by. */

import type { Code } from "../program.ts";

/** Bytes of one slot. */
const SLOT_SIZE = 8;

/** @param bytes whole slots, little-endian; what follows the last whole slot is ignored. */
export function decodeCode(bytes: Uint8Array): Code {
  const length = Math.floor(bytes.length / SLOT_SIZE);
  const opcode = new Uint8Array(length);
  const dst = new Uint8Array(length);
  const src = new Uint8Array(length);
  const offset = new Int16Array(length);
  const imm = new Int32Array(length);
  for (let slot = 0, at = 0; slot < length; slot++, at += SLOT_SIZE) {
    opcode[slot] = bytes[at]!;
    const registers = bytes[at + 1]!;
    dst[slot] = registers & 15;
    src[slot] = registers >> 4;
    offset[slot] = bytes[at + 2]! | (bytes[at + 3]! << 8);
    imm[slot] = bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
  }
  return { length, opcode, dst, src, offset, imm };
}

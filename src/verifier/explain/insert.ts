/** Putting instructions into a program: jumps, functions, lines and relocations move with what they mean. */

import { LD_IMM64, SLOT_SIZE } from "../../isa/instruction.ts";
import type { ProgramSpec } from "../../object/spec.ts";

const JMP = 0x05;
const JMP32 = 0x06;
const CALL = 0x80;
const EXIT = 0x90;
const ALWAYS = 0x00;
const LOCAL = 1;
const FUNCTION = 4;

/**
 * The program with `code` before the instruction at `slot`. Jumps and calls to `slot` come to the inserted code first.
 *
 * @param code whole instructions, 8 bytes a slot; jumps within it are its own, and its end runs on into `slot`.
 * @returns null when a jump would become too long, or `slot` is none of the program's.
 */
export function insertInstructions(program: ProgramSpec, slot: number, code: Uint8Array): ProgramSpec | null {
  const length = program.code.length / SLOT_SIZE;
  const count = code.length / SLOT_SIZE;
  if (slot < 0 || slot >= length || !Number.isInteger(count)) return null;
  const bytes = new Uint8Array(program.code.length + code.length);
  const at = slot * SLOT_SIZE;
  bytes.set(program.code.subarray(0, at));
  bytes.set(code, at);
  bytes.set(program.code.subarray(at), at + code.length);
  const view = new DataView(bytes.buffer);
  const place = (old: number) => (old >= slot ? old + count : old);
  const target = (old: number) => (old > slot ? old + count : old);
  for (let old = 0; old < length; old++) {
    const byte = place(old) * SLOT_SIZE;
    const opcode = bytes[byte]!;
    const field = targetField(opcode, bytes[byte + 1]! >> 4);
    if (field !== null) {
      const distance = field === "offset" ? view.getInt16(byte + 2, true) : view.getInt32(byte + 4, true);
      const moved = target(old + 1 + distance) - place(old) - 1;
      if (field === "imm") view.setInt32(byte + 4, moved, true);
      else if (moved < -0x8000 || moved > 0x7fff) return null;
      else view.setInt16(byte + 2, moved, true);
    }
    if (opcode === LD_IMM64) old++;
  }
  const shift = <Item extends { readonly slot: number }>(items: readonly Item[]): Item[] =>
    items.map((item) => (item.slot >= slot ? { ...item, slot: item.slot + count } : item));
  // What begins at `slot` begins with the inserted code.
  const behind = <Item extends { readonly slot: number }>(items: readonly Item[]): Item[] =>
    items.map((item) => (item.slot > slot ? { ...item, slot: item.slot + count } : item));
  return {
    ...program,
    code: bytes,
    relocations: shift(program.relocations),
    functions: behind(program.functions),
    lines: behind(program.lines),
    ...(program.externs === undefined ? {} : { externs: shift(program.externs) }),
    ...(program.core === undefined ? {} : { core: shift(program.core) }),
    ...(program.poisoned === undefined ? {} : { poisoned: shift(program.poisoned) }),
  };
}

/** Which field of an instruction counts slots to another one. */
function targetField(opcode: number, source: number): "offset" | "imm" | null {
  const type = opcode & 0x07;
  const operation = opcode & 0xf0;
  if (opcode === LD_IMM64) return source === FUNCTION ? "imm" : null;
  if (type !== JMP && type !== JMP32) return null;
  if (operation === EXIT) return null;
  if (operation === CALL) return type === JMP && source === LOCAL ? "imm" : null;
  return type === JMP32 && operation === ALWAYS ? "imm" : "offset";
}

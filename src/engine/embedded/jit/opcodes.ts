/** From the interpreter's operations to WebAssembly's, where one is one. By operation; 0 where it is more. */

import { OPERATION } from "../operations.ts";
import { OP } from "./wasm.ts";

type Name = keyof typeof OPERATION;

function table(rows: { readonly [Operation in Name]?: number }): Uint8Array {
  const out = new Uint8Array(256);
  for (const [name, opcode] of Object.entries(rows)) out[OPERATION[name as Name]] = opcode;
  return out;
}

/** dst op src on 64 bits. Division and modulo are only these where the divisor cannot be 0, or -1 for `sdiv64`. */
export const BINARY_64 = table({
  add64: OP.i64Add,
  sub64: OP.i64Sub,
  mul64: OP.i64Mul,
  div64: OP.i64DivU,
  sdiv64: OP.i64DivS,
  mod64: OP.i64RemU,
  smod64: OP.i64RemS,
  or64: OP.i64Or,
  and64: OP.i64And,
  xor64: OP.i64Xor,
  lsh64: OP.i64Shl,
  rsh64: OP.i64ShrU,
  arsh64: OP.i64ShrS,
});

/** dst op src on the lower halves. */
export const BINARY_32 = table({
  add32: OP.i32Add,
  sub32: OP.i32Sub,
  mul32: OP.i32Mul,
  div32: OP.i32DivU,
  sdiv32: OP.i32DivS,
  mod32: OP.i32RemU,
  smod32: OP.i32RemS,
  or32: OP.i32Or,
  and32: OP.i32And,
  xor32: OP.i32Xor,
  lsh32: OP.i32Shl,
  rsh32: OP.i32ShrU,
  arsh32: OP.i32ShrS,
});

/** Conditions of jumps on 64 bits, and their opposites. `jset` is none: it is an `and`. */
export const COMPARE_64 = table({
  jeq64: OP.i64Eq,
  jne64: OP.i64Ne,
  jgt64: OP.i64GtU,
  jge64: OP.i64GeU,
  jlt64: OP.i64LtU,
  jle64: OP.i64LeU,
  jsgt64: OP.i64GtS,
  jsge64: OP.i64GeS,
  jslt64: OP.i64LtS,
  jsle64: OP.i64LeS,
});
export const COMPARE_64_NOT = table({
  jeq64: OP.i64Ne,
  jne64: OP.i64Eq,
  jgt64: OP.i64LeU,
  jge64: OP.i64LtU,
  jlt64: OP.i64GeU,
  jle64: OP.i64GtU,
  jsgt64: OP.i64LeS,
  jsge64: OP.i64LtS,
  jslt64: OP.i64GeS,
  jsle64: OP.i64GtS,
});
export const COMPARE_32 = table({
  jeq32: OP.i32Eq,
  jne32: OP.i32Ne,
  jgt32: OP.i32GtU,
  jge32: OP.i32GeU,
  jlt32: OP.i32LtU,
  jle32: OP.i32LeU,
  jsgt32: OP.i32GtS,
  jsge32: OP.i32GeS,
  jslt32: OP.i32LtS,
  jsle32: OP.i32LeS,
});
export const COMPARE_32_NOT = table({
  jeq32: OP.i32Ne,
  jne32: OP.i32Eq,
  jgt32: OP.i32LeU,
  jge32: OP.i32LtU,
  jlt32: OP.i32GeU,
  jle32: OP.i32GtU,
  jsgt32: OP.i32LeS,
  jsge32: OP.i32LtS,
  jslt32: OP.i32GeS,
  jsle32: OP.i32GtS,
});

/** Loads give an i64; acquiring loads are these where memory is not shared. */
export const LOADS = table({
  load1: OP.i64Load8U,
  load2: OP.i64Load16U,
  load4: OP.i64Load32U,
  load8: OP.i64Load,
  loadSigned1: OP.i64Load8S,
  loadSigned2: OP.i64Load16S,
  loadSigned4: OP.i64Load32S,
  acquire1: OP.i64Load8U,
  acquire2: OP.i64Load16U,
  acquire4: OP.i64Load32U,
  acquire8: OP.i64Load,
});

/** Loads that give an i32; those of 4 bytes, signed or not, are the same. */
export const LOADS_32 = table({
  load1: OP.i32Load8U,
  load2: OP.i32Load16U,
  load4: OP.i32Load,
  loadSigned1: OP.i32Load8S,
  loadSigned2: OP.i32Load16S,
  loadSigned4: OP.i32Load,
});

/** Stores of an i32. */
export const STORES_32 = table({ store1: OP.i32Store8, store2: OP.i32Store16, store4: OP.i32Store });

export const STORES = table({
  store1: OP.i64Store8,
  store2: OP.i64Store16,
  store4: OP.i64Store32,
  store8: OP.i64Store,
  release1: OP.i64Store8,
  release2: OP.i64Store16,
  release4: OP.i64Store32,
  release8: OP.i64Store,
});

/** After `OP.atomic`: loads, stores, and read-modify-writes by the code of `imm` without the fetch bit; all on i64. */
export const ATOMIC_LOADS = table({ acquire1: 0x14, acquire2: 0x15, acquire4: 0x16, acquire8: 0x11 });
export const ATOMIC_STORES = table({ release1: 0x1b, release2: 0x1c, release4: 0x1d, release8: 0x18 });
export const ATOMIC_MODIFY: Readonly<Record<number, { readonly plain: number; readonly on32: number; readonly on64: number }>> = {
  0: { plain: OP.i64Add, on32: 0x24, on64: 0x1f },
  64: { plain: OP.i64Or, on32: 0x39, on64: 0x34 },
  80: { plain: OP.i64And, on32: 0x32, on64: 0x2d },
  160: { plain: OP.i64Xor, on32: 0x40, on64: 0x3b },
  224: { plain: 0, on32: 0x47, on64: 0x42 },
  240: { plain: 0, on32: 0x4e, on64: 0x49 },
};

/** The 32-bit operation for a 64-bit one on lower halves. */
export const NARROWED = table({
  add64: OPERATION.add32,
  sub64: OPERATION.sub32,
  mul64: OPERATION.mul32,
  div64: OPERATION.div32,
  mod64: OPERATION.mod32,
  or64: OPERATION.or32,
  and64: OPERATION.and32,
  xor64: OPERATION.xor32,
  lsh64: OPERATION.lsh32,
  rsh64: OPERATION.rsh32,
  // Of a number without an upper half the sign is 0.
  arsh64: OPERATION.rsh32,
});

/** The same for conditions, of numbers without upper halves: they have no sign either. */
export const NARROWED_CONDITION = table({
  jeq64: OPERATION.jeq32,
  jne64: OPERATION.jne32,
  jgt64: OPERATION.jgt32,
  jge64: OPERATION.jge32,
  jlt64: OPERATION.jlt32,
  jle64: OPERATION.jle32,
  jsgt64: OPERATION.jgt32,
  jsge64: OPERATION.jge32,
  jslt64: OPERATION.jlt32,
  jsle64: OPERATION.jle32,
});

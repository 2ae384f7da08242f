/** What each of the interpreter's operations does to registers and to control, as data: one table for every analysis of the JIT. */

import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";

/** The register that a slot's `dst` or `src` names: 0 to 10, or 11 and more for a constant of the program. */
export const registerOf = (word: number): number => word >>> 1;

/** Constants begin here. */
export const FIRST_CONSTANT = 11;
export const FRAME_POINTER = 10;

// What an operation is, by its number; the order tells nothing.
export const KIND = {
  /** dst = dst op src */
  binary: 0,
  /** dst = op dst */
  unary: 1,
  /** dst = op src */
  move: 2,
  nothing: 3,
  load: 4,
  store: 5,
  atomic: 6,
  acquire: 7,
  release: 8,
  jump: 9,
  branch: 10,
  mayGoto: 11,
  callHelper: 12,
  callLocal: 13,
  callRegister: 14,
  exit: 15,
  packet: 16,
  invalid: 17,
} as const;

/** By operation: a KIND. */
export const KIND_OF = new Uint8Array(256).fill(KIND.invalid);
/** By operation: bytes of memory that it touches, or 0. */
export const SIZE_OF = new Uint8Array(256);

for (const [name, number] of Object.entries(OPERATION)) {
  KIND_OF[number] = kindOf(name);
  const size = /^(?:load|loadSigned|store|acquire|release|packetAbsolute|packetIndirect)(\d)$/.exec(name)?.[1];
  SIZE_OF[number] = size !== undefined ? Number(size) : name === "atomic32" ? 4 : name === "atomic64" ? 8 : 0;
}

function kindOf(name: string): number {
  if (name === "nothing") return KIND.nothing;
  if (name === "jump") return KIND.jump;
  if (name === "mayGoto" || name === "callHelper" || name === "callLocal" || name === "callRegister") return KIND[name];
  if (name === "exit" || name === "invalid") return KIND[name];
  if (/^j\w+(32|64)$/.test(name)) return KIND.branch;
  if (/^load/.test(name)) return KIND.load;
  if (/^store/.test(name)) return KIND.store;
  if (/^acquire/.test(name)) return KIND.acquire;
  if (/^release/.test(name)) return KIND.release;
  if (/^atomic/.test(name)) return KIND.atomic;
  if (/^packet/.test(name)) return KIND.packet;
  if (/^(neg|swap|truncate)/.test(name) || name === "mov32Self") return KIND.unary;
  if (/^(mov|extend|wide)/.test(name)) return KIND.move;
  return KIND.binary;
}

/** Code of an atomic operation (`imm`): `cmpxchg` compares with r0 and loads it, the others load the source register if they fetch. */
export const ATOMIC_FETCH = 0x01;
export const ATOMIC_COMPARE = 0xf1;

const bit = (word: number): number => (word >>> 1 < FIRST_CONSTANT ? 1 << (word >>> 1) : 0);

/** What calls and exits do, which depends on the program; masks of registers r0 to r10. */
export interface CallEffects {
  /** Registers that a helper gets. */
  helper(id: number): number;
  /** Registers that the function at a slot reads before it writes them. */
  entry(slot: number): number;
  /** Registers whose values in that function's end somebody reads. */
  exit(slot: number): number;
}

/** Registers that a call by register may read and write: everything that a function sees of its caller. */
export const SEEN_BY_CALLEE = 0x3ff;
export const LEFT_BY_CALLEE = 0x3f;

/** Mask of the registers that the instruction at a slot reads. `owner` is the first slot of its function. */
export function uses(program: PreparedProgram, slot: number, owner: number, calls: CallEffects): number {
  const d = program.dst[slot]!;
  const s = program.src[slot]!;
  switch (KIND_OF[program.operation[slot]!]) {
    case KIND.binary:
    case KIND.store:
    case KIND.release:
    case KIND.branch:
      return bit(d) | bit(s);
    case KIND.unary:
      return bit(d);
    case KIND.move:
    case KIND.load:
    case KIND.acquire:
      return bit(s);
    case KIND.atomic:
      return bit(d) | bit(s) | (program.extra[slot] === ATOMIC_COMPARE ? 1 : 0);
    case KIND.callHelper:
      return calls.helper(program.extra[slot]!);
    case KIND.callLocal:
      return calls.entry(program.offset[slot]!);
    case KIND.callRegister:
      return SEEN_BY_CALLEE | bit(d);
    case KIND.exit:
      return calls.exit(owner);
    case KIND.packet:
      return program.operation[slot]! >= OPERATION.packetIndirect1 ? bit(s) : 0;
    default:
      return 0;
  }
}

/** Mask of the registers that the instruction at a slot writes. */
export function defs(program: PreparedProgram, slot: number, calls: CallEffects): number {
  const d = program.dst[slot]!;
  switch (KIND_OF[program.operation[slot]!]) {
    case KIND.binary:
    case KIND.unary:
    case KIND.move:
    case KIND.load:
    case KIND.acquire:
      return bit(d);
    case KIND.atomic: {
      const code = program.extra[slot]!;
      return (code & ATOMIC_FETCH) === 0 ? 0 : code === ATOMIC_COMPARE ? 1 : bit(program.src[slot]!);
    }
    case KIND.callHelper:
    case KIND.packet:
      return 1;
    case KIND.callLocal:
      return 1 | calls.exit(program.offset[slot]!);
    case KIND.callRegister:
      return LEFT_BY_CALLEE;
    default:
      return 0;
  }
}

/** Mask of the registers that an instruction may write, whatever its function calls. */
export function writtenBy({ operation, dst, src }: PreparedProgram, slot: number): number {
  const kind = KIND_OF[operation[slot]!]!;
  if (kind <= KIND.move || kind === KIND.load || kind === KIND.acquire) return 1 << registerOf(dst[slot]!);
  if (kind === KIND.atomic) return 1 | (registerOf(src[slot]!) < FIRST_CONSTANT ? 1 << registerOf(src[slot]!) : 0);
  if (kind === KIND.callHelper || kind === KIND.packet) return 1;
  return kind === KIND.callLocal || kind === KIND.callRegister ? 0x3f : 0;
}

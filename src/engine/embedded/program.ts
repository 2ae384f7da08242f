/**
 * A program made ready for the interpreter: structure checked, relocations resolved, fields in typed arrays.
 *
 * Arrays are indexed by slot, so that slots of jumps, line information and faults need no translation. To halve the
 * number of operations, every immediate operand becomes a register: the register file is r0 to r10 followed by the
 * program's constants, `add r1, 7` is `add r1, r13` with r13 = 7 for ever. Registers are numbered by their first word
 * (r1 is 2: low half at 2, high half at 3).
 */

import type { Btf } from "../../btf/btf.ts";
import { decode } from "../../isa/decode.ts";
import { type Instruction, slots } from "../../isa/instruction.ts";
import { checkJumps, functionStarts, targetOf } from "../../isa/jumps.ts";
import type { LineInfo } from "../../object/spec.ts";
import type { Conditions } from "../../verifier/verdict.ts";
import { OPERATION } from "./operations.ts";

/** A 64-bit value as two halves; each an i32 or a u32. */
export interface Pair {
  readonly low: number;
  readonly high: number;
}

export interface PreparedProgram {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  /** By slot: an operation of `operations.ts`. */
  readonly operation: Uint8Array;
  /** By slot: register number times two. */
  readonly dst: Uint32Array;
  readonly src: Uint32Array;
  /** By slot: bytes to add to an address; for jumps and calls the slot to go to. */
  readonly offset: Int32Array;
  /** By slot: number of a helper, code of an atomic operation. */
  readonly extra: Int32Array;
  /** The register file's first contents: r0 to r10 zero, then the constants, two words each. */
  readonly registers: Int32Array;
  /** Slots at which functions begin. */
  readonly functions: ReadonlySet<number>;
  /** Those of them whose address is taken somewhere: helpers may call them back. */
  readonly taken: ReadonlySet<number>;
  /** For messages: where the instructions come from. */
  readonly lines: readonly LineInfo[];
  /** What its Spec's types are, for objects that it allocates by type; null when it has none. */
  readonly types: Btf | null;
  /** Whether loads through null read 0 (`ProgramKind.kernelPointers`). */
  readonly nullReads: boolean;
  /** What its proof leaves to the engine; null when nobody proved it, or somebody who leaves nothing. */
  readonly conditions: Conditions | null;
}

export interface PrepareOptions {
  readonly name: string;
  /** What a wide instruction loads, or null for what is written in it. Throws when it cannot be known. */
  wide(instruction: Instruction, slot: number): Pair | null;
  /** Whether a helper may be called; throws when not. Gives the number that `PreparedProgram.extra` will hold. */
  helper(id: number, slot: number): number;
  /** The number of the kernel function (kfunc) that the call at a slot is of; throws when it may not be called. */
  kfunc(instruction: Instruction, slot: number): number;
  /** Throws: an instruction that programs of this type may not use. */
  refuse(instruction: Instruction, slot: number, why: string): never;
  /** Whether legacy packet loads may be used: they belong to programs on sockets. */
  readonly packetLoads: boolean;
  readonly types?: Btf | null;
  /** In ascending order of slot. */
  readonly lines?: readonly LineInfo[];
  /** Whether loads through null read 0, asked when all instructions were seen. Default: they do not. */
  nullReads?(): boolean;
}

/**
 * Checks what can be checked without following values, and lays the program out.
 * @throws IsaError for bad encodings and bad jumps; what the functions of `options` throw.
 */
export function prepare(code: Uint8Array | readonly Instruction[], options: PrepareOptions): PreparedProgram {
  const instructions = code instanceof Uint8Array ? decode(code) : code;
  checkJumps(instructions);
  const size = instructions.reduce((sum, instruction) => sum + slots(instruction), 0);
  const program = {
    name: options.name,
    instructions,
    operation: new Uint8Array(size).fill(OPERATION.invalid),
    dst: new Uint32Array(size),
    src: new Uint32Array(size),
    offset: new Int32Array(size),
    extra: new Int32Array(size),
    functions: new Set(functionStarts(instructions)),
    lines: options.lines ?? [],
    types: options.types ?? null,
  };
  const constants = new Constants();
  const taken = new Set<number>();
  let slot = 0;
  for (const instruction of instructions) {
    const { opcode, dst, src, offset, imm } = instruction;
    program.dst[slot] = dst * 2;
    program.src[slot] = src * 2;
    program.offset[slot] = targetOf(instruction, slot) ?? offset;
    program.operation[slot] = operationOf(instruction);
    const kind = opcode & 7;
    if (opcode === 0x18) {
      const value = options.wide(instruction, slot) ?? { low: imm, high: instruction.high };
      program.src[slot] = constants.register(value.low, value.high);
      if (instruction.src === PSEUDO_FUNCTION && program.functions.has(value.low)) taken.add(value.low);
    } else if (opcode === 0x85 || opcode === 0x8d) {
      if (opcode === 0x85 && src === 0) program.extra[slot] = options.helper(imm, slot);
      if (opcode === 0x85 && src === 2) program.extra[slot] = options.kfunc(instruction, slot);
    } else if (kind === 0) {
      if (!options.packetLoads) options.refuse(instruction, slot, "legacy packet loads are for programs on sockets");
      program.extra[slot] = imm;
    } else if ((opcode & 0xe7) === 0xc3) {
      program.extra[slot] = imm;
    } else if (kind === 2 || (kind >= 4 && kind <= 7 && (opcode & 8) === 0 && !TAKES_NO_OPERAND.has(opcode))) {
      // The immediate form of an operation that also has a register form.
      program.src[slot] = constants.register(imm, imm >> 31);
    }
    slot += slots(instruction);
  }
  return { ...program, taken, registers: constants.file(), nullReads: options.nullReads?.() ?? false, conditions: null };
}

/** The instruction that begins at a slot, for messages; undefined when none does. */
export function instructionAt(program: PreparedProgram, slot: number): Instruction | undefined {
  let at = 0;
  for (const instruction of program.instructions) {
    if (at === slot) return instruction;
    at += slots(instruction);
  }
  return undefined;
}

/** `src` of a wide instruction that loads a function's address (BPF_PSEUDO_FUNC). */
const PSEUDO_FUNCTION = 4;

/** `neg`, byte swaps, jumps without condition, calls, exit. */
const TAKES_NO_OPERAND = new Set([0x84, 0x87, 0xd4, 0xdc, 0xd7, 0x05, 0x06, 0x85, 0x95, 0xe5]);

/** The operation of an instruction that `decode` accepted. */
function operationOf({ opcode, src, offset, imm }: Instruction): number {
  const kind = opcode & 7;
  switch (kind) {
    case 0:
      return opcode === 0x18 ? OPERATION.wide : pick((opcode & 0xe0) === 0x20 ? PACKET_ABSOLUTE : PACKET_INDIRECT, opcode);
    case 1:
      return pick((opcode & 0xe0) === 0x80 ? LOAD_SIGNED : LOAD, opcode);
    case 2:
      return pick(STORE, opcode);
    case 3:
      if ((opcode & 0xe0) !== 0xc0) return pick(STORE, opcode);
      if (imm === 0x100) return pick(LOAD_ACQUIRE, opcode);
      if (imm === 0x110) return pick(STORE_RELEASE, opcode);
      return (opcode & 0x18) === 0x18 ? OPERATION.atomic64 : OPERATION.atomic32;
    case 4:
    case 7: {
      const wide = kind === 7;
      if ((opcode & 0xf0) === 0xd0) return endianOf(opcode, imm);
      // To another address space and back: a pointer into an arena is an address of the engine's memory in both.
      if (opcode === 0xbf && offset === 1) return O.mov32;
      if ((opcode & 0xf0) === 0xb0 && offset !== 0) return signExtensionOf(wide, offset);
      if (offset === 1) return (wide ? SIGNED_64 : SIGNED_32)[(opcode & 0xf0) === 0x30 ? 0 : 1]!;
      return (wide ? ARITHMETIC_64 : ARITHMETIC_32)[opcode >>> 4]!;
    }
    default:
      if (opcode === 0x06) return OPERATION.jump;
      if (opcode === 0x85) return src === 1 ? OPERATION.callLocal : OPERATION.callHelper;
      if (opcode === 0x8d) return OPERATION.callRegister;
      return (kind === 5 ? JUMPS_64 : JUMPS_32)[opcode >>> 4]!;
  }
}

// By the size bits of an opcode (word, half, byte, double).
const O = OPERATION;
const pick = (row: readonly number[], opcode: number): number => row[(opcode >>> 3) & 3]!;
const LOAD = [O.load4, O.load2, O.load1, O.load8];
const LOAD_SIGNED = [O.loadSigned4, O.loadSigned2, O.loadSigned1];
const STORE = [O.store4, O.store2, O.store1, O.store8];
const LOAD_ACQUIRE = [O.acquire4, O.acquire2, O.acquire1, O.acquire8];
const STORE_RELEASE = [O.release4, O.release2, O.release1, O.release8];
const PACKET_ABSOLUTE = [O.packetAbsolute4, O.packetAbsolute2, O.packetAbsolute1];
const PACKET_INDIRECT = [O.packetIndirect4, O.packetIndirect2, O.packetIndirect1];
// By the upper half of an opcode (RFC 9669 §4.1 and §4.3).
const ARITHMETIC_64 = [
  O.add64,
  O.sub64,
  O.mul64,
  O.div64,
  O.or64,
  O.and64,
  O.lsh64,
  O.rsh64,
  O.neg64,
  O.mod64,
  O.xor64,
  O.mov64,
  O.arsh64,
];
const ARITHMETIC_32 = [
  O.add32,
  O.sub32,
  O.mul32,
  O.div32,
  O.or32,
  O.and32,
  O.lsh32,
  O.rsh32,
  O.neg32,
  O.mod32,
  O.xor32,
  O.mov32,
  O.arsh32,
];
const SIGNED_64 = [O.sdiv64, O.smod64];
const SIGNED_32 = [O.sdiv32, O.smod32];
const JUMPS_64 = [
  O.jump,
  O.jeq64,
  O.jgt64,
  O.jge64,
  O.jset64,
  O.jne64,
  O.jsgt64,
  O.jsge64,
  O.invalid,
  O.exit,
  O.jlt64,
  O.jle64,
  O.jslt64,
  O.jsle64,
  O.mayGoto,
];
const JUMPS_32 = [
  O.jump,
  O.jeq32,
  O.jgt32,
  O.jge32,
  O.jset32,
  O.jne32,
  O.jsgt32,
  O.jsge32,
  O.invalid,
  O.invalid,
  O.jlt32,
  O.jle32,
  O.jslt32,
  O.jsle32,
];

/** This engine is a little-endian machine, as WebAssembly is: `le` truncates, `be` swaps. */
function endianOf(opcode: number, bits: number): number {
  if (opcode === 0xd4) return bits === 16 ? O.truncate16 : bits === 32 ? O.mov32Self : O.nothing;
  return bits === 16 ? O.swap16 : bits === 32 ? O.swap32 : O.swap64;
}

function signExtensionOf(wide: boolean, from: number): number {
  if (!wide) return from === 8 ? O.extend8to32 : O.extend16to32;
  return from === 8 ? O.extend8to64 : from === 16 ? O.extend16to64 : O.extend32to64;
}

/** The constants of a program, each once, behind the eleven registers. */
class Constants {
  readonly #words: number[] = new Array<number>(22).fill(0);
  readonly #known = new Map<number, Map<number, number>>();

  /** The register that holds this value, times two. */
  register(low: number, high: number): number {
    let row = this.#known.get(low | 0);
    if (row === undefined) this.#known.set(low | 0, (row = new Map()));
    let register = row.get(high | 0);
    if (register === undefined) {
      register = this.#words.length;
      this.#words.push(low | 0, high | 0);
      row.set(high | 0, register);
    }
    return register;
  }

  file(): Int32Array {
    return Int32Array.from(this.#words);
  }
}

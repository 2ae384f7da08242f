/** From machine code on physical registers to instructions of the set, block by block; jumps are `layout.ts`'s. */

import type { Instruction } from "../../isa/instruction.ts";
import * as make from "../../isa/make.ts";
import type { CoreKind } from "../../object/spec.ts";
import type { CoreAccess, Location } from "../ir/ir.ts";
import { registerLiveness, walkBackwards } from "./flow.ts";
import type { Frame } from "./frame.ts";
import {
  type Address,
  ALLOCATABLE,
  FRAME_POINTER,
  isSpill,
  type MachineBlock,
  type MachineFunction,
  type MachineInstruction,
  type MachineTerminator,
  type Move,
  type Register,
  type Source,
  spillOf,
} from "./machine.ts";
import { sequence } from "./moves.ts";
import { fitsSigned32 } from "./select.ts";

/** What an instruction refers to outside its function, which is put in later: by the linker of functions, or by a loader. */
export type Reference =
  /** A map, or a byte of its first value. */
  | { readonly kind: "map"; readonly map: string; readonly offset: number | null }
  /** What the loader knows by its name: called, or its address taken. */
  | { readonly kind: "extern"; readonly use: "call" | "address"; readonly name: string }
  /** A function of the same program: called, or its address taken. */
  | { readonly kind: "function"; readonly name: string }
  /** A kernel type's layout. */
  | { readonly kind: "core"; readonly what: CoreKind; readonly core: CoreAccess };

export interface Emitted {
  readonly instruction: Instruction;
  readonly location: Location | null;
  readonly reference: Reference | null;
}

export interface EmittedBlock {
  readonly code: readonly Emitted[];
  readonly end: MachineTerminator;
}

/**
 * Replaces parallel moves by sequences of single ones. Registers must be assigned; this may add spills, so it comes before the
 * frame is laid out.
 */
export function sequenceMoves(fn: MachineFunction): void {
  const live = registerLiveness(fn);
  for (const [id, block] of fn.blocks.entries()) {
    const code: MachineInstruction[] = [];
    walkBackwards(block, live.out[id]!.copy(), (instruction, _, after) => {
      if (instruction.kind !== "move") {
        code.push(instruction);
        return;
      }
      const free: Register[] = [];
      for (let register = 0; register < ALLOCATABLE; register++) if (!after.has(register)) free.push(register);
      const steps = sequence(instruction.moves, { free, spill: () => fn.spills++ }, (value) => fitsSigned32(value) !== null);
      for (const move of steps.reverse()) code.push({ ...instruction, moves: [move] });
    });
    block.code = code.reverse();
  }
}

export function emitBlock(fn: MachineFunction, block: MachineBlock, frame: Frame): EmittedBlock {
  const code: Emitted[] = [];
  for (const instruction of block.code) {
    const { location } = instruction;
    const emit = (made: Instruction, reference: Reference | null = null): void => {
      code.push({ instruction: made, location, reference });
    };
    if (instruction.kind === "move") for (const move of instruction.moves) emitMove(fn, move, frame, emit);
    else emitOperation(instruction, frame, emit);
  }
  return { code, end: block.end };
}

type Emit = (instruction: Instruction, reference?: Reference | null) => void;

function relocated(core: CoreAccess | null): Reference | null {
  return core === null ? null : { kind: "core", what: "field_byte_offset", core };
}

function emitMove(fn: MachineFunction, { to, from }: Move, frame: Frame, emit: Emit): void {
  if (isSpill(to)) {
    const offset = frame.spills[spillOf(to)]!;
    if (from.kind === "place") emit(make.store(8, FRAME_POINTER, offset, from.place));
    else if (from.kind === "integer") emit(make.storeImm(8, FRAME_POINTER, offset, fitsSigned32(from.value) ?? 0));
    return;
  }
  emitSource(fn, to, from, frame, emit);
}

function emitSource(fn: MachineFunction, to: Register, from: Source, frame: Frame, emit: Emit): void {
  switch (from.kind) {
    case "place":
      if (isSpill(from.place)) emit(make.load(8, to, FRAME_POINTER, frame.spills[spillOf(from.place)]!));
      else if (from.place !== to) emit(make.movReg(64, to, from.place));
      return;
    case "integer": {
      const immediate = fitsSigned32(from.value);
      if (immediate !== null) emit(make.movImm(64, to, immediate));
      else if (from.value < 1n << 32n && fn.cpu >= 3) emit(make.movImm(32, to, Number(BigInt.asIntN(32, from.value))));
      else emit(make.loadImm64(to, from.value));
      return;
    }
    case "frame":
      emit(make.movReg(64, to, FRAME_POINTER));
      emit(make.aluImm(64, "add", to, frame.slots[from.slot]! + from.offset));
      return;
    case "map":
      emit(make.loadPseudo(to, from.offset === null ? "map" : "map-value", 0, 0), from);
      return;
    case "function":
      emit(make.loadPseudo(to, "function", 0), { kind: "function", name: from.function });
      return;
    case "ksym":
      emit(from.typed ? make.loadPseudo(to, "btf", 0) : make.loadImm64(to, 0n), {
        kind: "extern",
        use: "address",
        name: from.name,
      });
      return;
    case "core":
      emit(coreImmediate(fn, from, to), { kind: "core", what: from.what, core: from.core });
      return;
  }
}

/** As clang writes them: what may have more than 32 bits is loaded wide, the rest is moved. */
function coreImmediate(fn: MachineFunction, from: Extract<Source, { kind: "core" }>, to: Register): Instruction {
  if (from.bits === 64 && (from.what === "enumval_value" || from.what === "type_id_local" || from.what === "type_id_target")) {
    return make.loadImm64(to, from.value);
  }
  const width = from.bits === 32 && fn.cpu >= 3 ? 32 : 64;
  return make.movImm(width, to, Number(BigInt.asIntN(32, from.value)));
}

function emitOperation(instruction: Exclude<MachineInstruction, { kind: "move" }>, frame: Frame, emit: Emit): void {
  switch (instruction.kind) {
    case "zero-extend":
      emit(make.movReg(32, instruction.to, instruction.from));
      return;
    case "sign-extend":
      emit(make.movSignExtend(instruction.width, instruction.bits, instruction.to, instruction.from));
      return;
    case "alu": {
      const { width, op, register, operand } = instruction;
      if (operand.kind === "register") emit(make.aluReg(width, op, register, operand.register));
      else emit(make.aluImm(width, op, register, operand.value));
      return;
    }
    case "negate":
      emit(make.neg(instruction.width, instruction.register));
      return;
    case "to-big":
      emit(make.endian("be", instruction.bits, instruction.register));
      return;
    case "load": {
      const { base, offset } = resolve(instruction.address, frame);
      const { width, to } = instruction;
      emit(
        instruction.signed && width < 8
          ? make.loadSigned(width as 1 | 2 | 4, to, base, offset)
          : make.load(width, to, base, offset),
        relocated(instruction.core),
      );
      return;
    }
    case "store": {
      const { base, offset } = resolve(instruction.address, frame);
      const { width, value } = instruction;
      const made =
        value.kind === "register"
          ? make.store(width, base, offset, value.register)
          : make.storeImm(width, base, offset, value.value);
      emit(made, relocated(instruction.core));
      return;
    }
    case "add-field":
      emit(make.aluImm(64, "add", instruction.register, instruction.offset), relocated(instruction.core));
      return;
    case "address-space-cast": {
      // Address space 0 is the kernel's, 1 the arena's, as LLVM numbers them.
      const [to, from] = instruction.space === "kernel" ? ([0, 1] as const) : ([1, 0] as const);
      emit(make.addrSpaceCast(instruction.to, instruction.from, to, from));
      return;
    }
    case "compare-exchange": {
      const { base, offset } = resolve(instruction.address, frame);
      emit(make.atomic("cmpxchg", instruction.width, base, offset, instruction.register, true));
      return;
    }
    case "atomic": {
      const { base, offset } = resolve(instruction.address, frame);
      emit(make.atomic(instruction.op, instruction.width, base, offset, instruction.register, instruction.fetch));
      return;
    }
    case "call": {
      const { callee } = instruction;
      if (callee.kind === "helper") emit(make.callHelper(callee.helper));
      else if (callee.kind === "function") emit(make.callLocal(0), callee);
      else emit(make.callKfunc(0), { kind: "extern", use: "call", name: callee.name });
      return;
    }
    case "loop-budget":
      emit(make.movImm(64, instruction.register, 0));
      emit(make.mayGoto(1));
      emit(make.movImm(64, instruction.register, 1));
      return;
    case "set-unless": {
      const { test, register, value } = instruction;
      emit(jumpIf(test, 1));
      emit(make.movImm(64, register, value));
      return;
    }
  }
}

/** The conditional jump of a test. */
export function jumpIf(test: Extract<MachineTerminator, { kind: "branch" }>["test"], offset: number): Instruction {
  if (test.condition === "exhausted") return make.mayGoto(offset);
  return test.right.kind === "register"
    ? make.jumpReg(test.width, test.condition, test.left, test.right.register, offset)
    : make.jumpImm(test.width, test.condition, test.left, test.right.value, offset);
}

function resolve(address: Address, frame: Frame): { base: Register; offset: number } {
  return address.kind === "register"
    ? { base: address.register, offset: address.offset }
    : { base: FRAME_POINTER, offset: frame.slots[address.slot]! + address.offset };
}

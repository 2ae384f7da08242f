/**
 * Machine code before registers are assigned: the operations of eBPF on virtual registers, in blocks.
 *
 * An operation has the form that the instruction has: two addresses, where the first operand is also the result. What the
 * allocator may choose freely is kept as *moves*; a move is parallel: all its sources are read before any place is
 * written. Arguments of blocks and of calls are moves too.
 */

import type { AluOp, CpuVersion, JumpCondition, Size } from "../../isa/opcodes.ts";
import type { CoreKind } from "../../object/spec.ts";
import type { Callee, CoreAccess, Location, StackSlot } from "../ir/ir.ts";

/** 0 … 10 are r0 … r10, `FIRST_VIRTUAL` and above are virtual. */
export type Register = number;

export const FIRST_VIRTUAL = 16;
export const FRAME_POINTER: Register = 10;
/** r0 … r9 can be assigned. */
export const ALLOCATABLE = 10;
/** r0 … r5 do not survive a call, r6 … r9 do. */
const CLOBBERED = 6;

/** A register, or, when negative, a spilled value in the frame: `spillPlace(n)`. */
export type Place = number;

export function spillPlace(spill: number): Place {
  return -1 - spill;
}

export function isSpill(place: Place): boolean {
  return place < 0;
}

export function spillOf(place: Place): number {
  return -1 - place;
}

/** What a move can read. All but a place can be made anew anywhere, so they are never spilled. */
export type Source =
  | { readonly kind: "place"; readonly place: Place }
  /** Unsigned, 64 bits. */
  | { readonly kind: "integer"; readonly value: bigint }
  /** The address of a byte of a stack slot. */
  | { readonly kind: "frame"; readonly slot: number; readonly offset: number }
  /** A map, or the address of a byte of its first value. */
  | { readonly kind: "map"; readonly map: string; readonly offset: number | null }
  /** The address of a function of the same program. */
  | { readonly kind: "function"; readonly function: string }
  /** The address of a variable of the kernel. */
  | { readonly kind: "ksym"; readonly name: string; readonly typed: boolean }
  /** A number that the loader puts in; unsigned, of the type's bits. */
  | {
      readonly kind: "core";
      readonly what: CoreKind;
      readonly core: CoreAccess;
      readonly bits: Bits;
      readonly value: bigint;
    };

export interface Move {
  readonly to: Place;
  readonly from: Source;
}

/** Where memory is accessed. `offset` is in bytes and fits the instruction. */
export type Address =
  | { readonly kind: "register"; readonly register: Register; readonly offset: number }
  | { readonly kind: "frame"; readonly slot: number; readonly offset: number };

/** A register, or an immediate of 32 bits that is sign-extended where the operation has 64. */
export type Operand =
  | { readonly kind: "register"; readonly register: Register }
  | { readonly kind: "immediate"; readonly value: number };

type Bits = 32 | 64;

/** What a jump asks. `exhausted`: whether the program has looped long enough (`may_goto`); nothing jumps where it has not. */
export type Test = Comparison | { readonly condition: "exhausted" };

export interface Comparison {
  readonly width: Bits;
  readonly condition: JumpCondition;
  readonly left: Register;
  readonly right: Operand;
}

export type Operation =
  | { readonly kind: "move"; readonly moves: readonly Move[] }
  /** `w(to) = w(from)`: keeps the low 32 bits. cpu v3. */
  | { readonly kind: "zero-extend"; readonly to: Register; readonly from: Register }
  /** cpu v4. */
  | {
      readonly kind: "sign-extend";
      readonly width: Bits;
      readonly bits: 8 | 16 | 32;
      readonly to: Register;
      readonly from: Register;
    }
  | { readonly kind: "alu"; readonly op: AluOp; readonly width: Bits; readonly register: Register; readonly operand: Operand }
  | { readonly kind: "negate"; readonly width: Bits; readonly register: Register }
  | { readonly kind: "to-big"; readonly bits: 16 | 32 | 64; readonly register: Register }
  | {
      readonly kind: "load";
      readonly width: Size;
      readonly signed: boolean;
      readonly to: Register;
      readonly address: Address;
      /** The offset is relocated. */
      readonly core: CoreAccess | null;
    }
  | {
      readonly kind: "store";
      readonly width: Size;
      readonly address: Address;
      readonly value: Operand;
      /** The offset is relocated. */
      readonly core: CoreAccess | null;
    }
  /** `register += offset`, which is relocated. */
  | { readonly kind: "add-field"; readonly register: Register; readonly offset: number; readonly core: CoreAccess }
  /** `to` = the pointer `from` of an arena, as the kernel or user space knows it. */
  | {
      readonly kind: "address-space-cast";
      readonly space: "kernel" | "user";
      readonly to: Register;
      readonly from: Register;
    }
  /** `register` = 1, or 0 once the program has looped long enough. */
  | { readonly kind: "loop-budget"; readonly register: Register }
  /** With `fetch`, the register becomes the old value. */
  | {
      readonly kind: "atomic";
      readonly op: "add" | "and" | "or" | "xor" | "xchg";
      readonly width: 4 | 8;
      readonly fetch: boolean;
      readonly address: Address;
      readonly register: Register;
    }
  /** `cmpxchg`: stores `register` where the memory is as r0, which becomes the old value. */
  | { readonly kind: "compare-exchange"; readonly width: 4 | 8; readonly address: Address; readonly register: Register }
  /** Takes r1 … r(arguments), gives r0. */
  | { readonly kind: "call"; readonly callee: Callee; readonly arguments: number }
  /** `register = value` unless the test holds. */
  | { readonly kind: "set-unless"; readonly test: Test; readonly register: Register; readonly value: number };

export type MachineInstruction = Operation & { readonly location: Location | null };

export type MachineTerminator = { readonly location: Location | null } & (
  | { readonly kind: "jump"; readonly target: number }
  | { readonly kind: "branch"; readonly test: Test; readonly taken: number; readonly other: number }
  /** Returns r0, or nothing. */
  | { readonly kind: "exit"; readonly returns: boolean }
);

export interface MachineBlock {
  code: MachineInstruction[];
  end: MachineTerminator;
}

export interface MachineFunction {
  readonly name: string;
  readonly cpu: CpuVersion;
  readonly blocks: MachineBlock[];
  readonly slots: readonly StackSlot[];
  /** Virtual registers are `FIRST_VIRTUAL` … `registers` - 1. */
  registers: number;
  /** Spilled values are 0 … `spills` - 1, 8 bytes each. */
  spills: number;
}

/** Calls `visit` for each place the instruction reads. */
export function forEachUse(instruction: Operation, visit: (place: Place) => void): void {
  switch (instruction.kind) {
    case "move":
      for (const { from } of instruction.moves) if (from.kind === "place") visit(from.place);
      return;
    case "zero-extend":
    case "sign-extend":
    case "address-space-cast":
      visit(instruction.from);
      return;
    case "alu":
      visit(instruction.register);
      if (instruction.operand.kind === "register") visit(instruction.operand.register);
      return;
    case "negate":
    case "to-big":
    case "add-field":
      visit(instruction.register);
      return;
    case "compare-exchange":
      if (instruction.address.kind === "register") visit(instruction.address.register);
      visit(instruction.register);
      visit(0);
      return;
    case "load":
      if (instruction.address.kind === "register") visit(instruction.address.register);
      return;
    case "store":
      if (instruction.address.kind === "register") visit(instruction.address.register);
      if (instruction.value.kind === "register") visit(instruction.value.register);
      return;
    case "atomic":
      if (instruction.address.kind === "register") visit(instruction.address.register);
      visit(instruction.register);
      return;
    case "call":
      for (let register = 1; register <= instruction.arguments; register++) visit(register);
      return;
    case "set-unless":
      visit(instruction.register);
      forEachTestUse(instruction.test, visit);
      return;
  }
}

/** Calls `visit` for each place the instruction writes; a call writes what it does not preserve. */
export function forEachDefinition(instruction: Operation, visit: (place: Place) => void): void {
  switch (instruction.kind) {
    case "move":
      for (const { to } of instruction.moves) visit(to);
      return;
    case "zero-extend":
    case "sign-extend":
    case "address-space-cast":
    case "load":
      visit(instruction.to);
      return;
    case "compare-exchange":
      visit(0);
      return;
    case "alu":
    case "negate":
    case "to-big":
    case "add-field":
    case "set-unless":
    case "loop-budget":
      visit(instruction.register);
      return;
    case "atomic":
      if (instruction.fetch) visit(instruction.register);
      return;
    case "store":
      return;
    case "call":
      for (let register = 0; register < CLOBBERED; register++) visit(register);
      return;
  }
}

function forEachTestUse(test: Test, visit: (place: Place) => void): void {
  if (test.condition === "exhausted") return;
  visit(test.left);
  if (test.right.kind === "register") visit(test.right.register);
}

export function forEachTerminatorUse(end: MachineTerminator, visit: (place: Place) => void): void {
  if (end.kind === "branch") forEachTestUse(end.test, visit);
  else if (end.kind === "exit" && end.returns) visit(0);
}

/** True when dropping the instruction matters to nobody who does not read what it defines. */
export function isPureOperation(instruction: Operation): boolean {
  const { kind } = instruction;
  return kind !== "store" && kind !== "atomic" && kind !== "compare-exchange" && kind !== "call";
}

/** The instruction with every place replaced. */
export function mapPlaces(instruction: MachineInstruction, map: (place: Place) => Place): MachineInstruction {
  switch (instruction.kind) {
    case "move":
      return {
        ...instruction,
        moves: instruction.moves.map(({ to, from }) => ({
          to: map(to),
          from: from.kind === "place" ? { kind: "place", place: map(from.place) } : from,
        })),
      };
    case "zero-extend":
    case "sign-extend":
    case "address-space-cast":
      return { ...instruction, to: map(instruction.to), from: map(instruction.from) };
    case "alu":
      return { ...instruction, register: map(instruction.register), operand: mapOperand(instruction.operand, map) };
    case "negate":
    case "to-big":
    case "add-field":
    case "loop-budget":
      return { ...instruction, register: map(instruction.register) };
    case "load":
      return { ...instruction, to: map(instruction.to), address: mapAddress(instruction.address, map) };
    case "store":
      return { ...instruction, address: mapAddress(instruction.address, map), value: mapOperand(instruction.value, map) };
    case "atomic":
    case "compare-exchange":
      return { ...instruction, address: mapAddress(instruction.address, map), register: map(instruction.register) };
    case "call":
      return instruction;
    case "set-unless":
      return { ...instruction, test: mapTest(instruction.test, map), register: map(instruction.register) };
  }
}

export function mapEnd(end: MachineTerminator, map: (place: Place) => Place): MachineTerminator {
  return end.kind === "branch" ? { ...end, test: mapTest(end.test, map) } : end;
}

function mapTest(test: Test, map: (place: Place) => Place): Test {
  if (test.condition === "exhausted") return test;
  return { ...test, left: map(test.left), right: mapOperand(test.right, map) };
}

function mapOperand(operand: Operand, map: (place: Place) => Place): Operand {
  return operand.kind === "register" ? { kind: "register", register: map(operand.register) } : operand;
}

function mapAddress(address: Address, map: (place: Place) => Place): Address {
  return address.kind === "register" ? { ...address, register: map(address.register) } : address;
}

/** Successors of each block, the taken side of a branch first. */
export function machineGraph(fn: MachineFunction): number[][] {
  return fn.blocks.map(({ end }) => (end.kind === "jump" ? [end.target] : end.kind === "branch" ? [end.taken, end.other] : []));
}

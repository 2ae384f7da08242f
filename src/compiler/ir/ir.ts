/**
 * The intermediate representation: typed SSA over a control-flow graph, where every front end meets and every pass works.
 *
 * Blocks have parameters instead of phi nodes; a jump passes one argument for each. Values are numbered within their
 * function and defined once: by a parameter of the function, a parameter of a block, or an instruction. Integers carry no
 * sign; operations do. Narrower integers than 32 bits exist in memory only: a load widens, a store truncates.
 */

import type { CoreKind } from "../../object/spec.ts";

/** `i32` lives zero-extended in a 64-bit register; `ptr` is 64 bits whose provenance the verifier follows. */
export type Type = "i32" | "i64" | "ptr";

/** Index into `IrFunction.values`. */
export type Value = number;

/** Index into `IrFunction.blocks`; block 0 is the entry and has no parameters. */
export type BlockId = number;

/** A place in the source, for line information and diagnostics. Lines and columns count from 1. */
export interface Location {
  /** Absent: the file that is compiled. Present: one that it imports. */
  readonly file?: string;
  readonly line: number;
  readonly column: number;
}

export interface IrFunction {
  readonly name: string;
  /** In order of the calling convention (r1 …): at most five. A program has one, its context. */
  readonly parameters: Value[];
  /** Null for a function that returns nothing. */
  readonly result: Type | null;
  readonly blocks: Block[];
  /** Type of each value. */
  readonly values: Type[];
  readonly slots: StackSlot[];
}

/** Bytes in the function's frame that `slot` takes the address of. */
export interface StackSlot {
  readonly size: number;
  /** 1, 2, 4 or 8. */
  readonly align: number;
  /** For the report when the frame does not fit, e.g. `key of blocked.get`. */
  readonly name: string;
  /** What of the source needs it. */
  readonly location: Location | null;
}

export interface Block {
  readonly parameters: Value[];
  instructions: Instruction[];
  terminator: Terminator;
}

export type BinaryOp =
  | "add" | "sub" | "mul" | "udiv" | "sdiv" | "umod" | "smod"
  | "and" | "or" | "xor" | "shl" | "lshr" | "ashr"; // biome-ignore format: a table

/** Conditions; `set` is (left & right) != 0, the kernel's `jset`. */
export type Condition = "eq" | "ne" | "ult" | "ule" | "ugt" | "uge" | "slt" | "sle" | "sgt" | "sge" | "set";

export type Width = 1 | 2 | 4 | 8;

/**
 * A place within a kernel type, as a CO-RE record names it. The IR has the local layout's offset or value beside it; whoever
 * loads the program puts the kernel's own in.
 */
export interface CoreAccess {
  /** BTF id in the Spec's types of the type as the source knows it. */
  readonly type: number;
  /** Path from the type to what is meant, e.g. `0:1:2`. */
  readonly access: string;
}

/** Whom a call calls. */
export type Callee =
  /** A helper of the kernel, by its number. */
  | { readonly kind: "helper"; readonly helper: number; readonly name: string }
  /** A function that whoever loads the program has: of the kernel (kfunc), or of an application. */
  | { readonly kind: "kfunc"; readonly name: string }
  /** A function of the same program. */
  | { readonly kind: "function"; readonly name: string };

/** `compare-exchange` stores the value where the memory holds what is expected, and gives the old value either way. */
export type AtomicOp = "add" | "and" | "or" | "xor" | "exchange" | "compare-exchange";

interface Defines {
  readonly result: Value;
  readonly location: Location | null;
}

interface Effect {
  readonly location: Location | null;
}

export type Instruction =
  /** An integer, as the unsigned value of its width; of type `ptr` only 0, the null pointer. */
  | (Defines & { readonly kind: "const"; readonly value: bigint })
  /**
   * Both operands and the result have one integer type; or `add`/`sub` of a `ptr` (left) and an `i64`, giving `ptr`; or `sub`
   * of two `ptr`, giving `i64`. Division by zero gives 0, modulo by zero the dividend, shifts use the low bits of the
   * amount: as eBPF does.
   */
  | (Defines & { readonly kind: "binary"; readonly op: BinaryOp; readonly left: Value; readonly right: Value })
  /** `to-big` of 16, 32 or 64 bits: between the machine's order and the network's, zero-extended. */
  | (Defines & { readonly kind: "to-big"; readonly bits: 16 | 32 | 64; readonly operand: Value })
  /** Sign- or zero-extends the low `from` bits of the operand to the result's type; also i64 → i32 (`zero`, 32). */
  | (Defines & { readonly kind: "extend"; readonly sign: boolean; readonly from: 8 | 16 | 32; readonly operand: Value })
  /** 1 or 0, as i32. Operands of one type. */
  | (Defines & { readonly kind: "compare"; readonly condition: Condition; readonly left: Value; readonly right: Value })
  /**
   * Little-endian; zero- or sign-extends to the result's type. A `ptr` result of width 4 is a context's packet pointer. With
   * `core` the offset is relocated, here and in a store: `offset` is the field's in the local layout, and only that.
   */
  | (Defines & {
      readonly kind: "load";
      readonly width: Width;
      readonly sign: boolean;
      readonly address: Value;
      readonly offset: number;
      readonly core?: CoreAccess;
    })
  | (Effect & {
      readonly kind: "store";
      readonly width: Width;
      readonly address: Value;
      readonly offset: number;
      readonly value: Value;
      readonly core?: CoreAccess;
    })
  /** Atomic read-modify-write of 4 or 8 bytes, of an i32 or i64, or an exchange of a ptr; with a result, the old value. */
  | (Effect & {
      readonly kind: "atomic";
      readonly op: AtomicOp;
      readonly result: Value | null;
      readonly width: 4 | 8;
      readonly address: Value;
      readonly offset: number;
      readonly value: Value;
      /** Of `compare-exchange` only. */
      readonly expected?: Value;
    })
  /** Address of a stack slot. */
  | (Defines & { readonly kind: "slot"; readonly slot: number })
  /** A map, as helpers take it. */
  | (Defines & { readonly kind: "map"; readonly map: string })
  /** Address of byte `offset` of the only value of an array map: a global. */
  | (Defines & { readonly kind: "map-value"; readonly map: string; readonly offset: number })
  /** Address plus a relocated offset; `offset` is the local layout's. */
  | (Defines & {
      readonly kind: "field-address";
      readonly address: Value;
      readonly offset: number;
      readonly core: CoreAccess;
    })
  /**
   * A number that depends on the kernel's types: whether a field is there, how large it is, what an enumerator is worth. `value` is
   * the local layout's. It depends on nothing in the program, but must not be computed where the program would not
   * have: a loader spoils what it cannot find, and only a path that gets there is refused.
   */
  | (Defines & { readonly kind: "core-value"; readonly what: CoreKind; readonly core: CoreAccess; readonly value: bigint })
  /** Address of a function of the same program, for helpers that call back. */
  | (Defines & { readonly kind: "function-address"; readonly function: string })
  /** Address of a variable of the kernel: `typed` by its kernel's BTF, which per-CPU ones are, or a bare number from its symbols. */
  | (Defines & { readonly kind: "ksym"; readonly name: string; readonly typed: boolean })
  /** A pointer into an arena as the other side knows it: the `kernel`'s address of it, or `user` space's. */
  | (Defines & { readonly kind: "address-space-cast"; readonly to: "kernel" | "user"; readonly operand: Value })
  /** 1, or 0 once the program has looped so long that the kernel wants it to end (`may_goto`, Linux 6.9). */
  | (Defines & { readonly kind: "loop-budget" })
  /**
   * At most five arguments. Helpers and kernel functions clobber memory only through pointers passed, or what such memory points to. An
   * i32 result is the low half of what a helper or kernel function returns.
   */
  | (Effect & {
      readonly kind: "call";
      readonly callee: Callee;
      readonly result: Value | null;
      readonly arguments: Value[];
    });

export interface Target {
  readonly block: BlockId;
  readonly arguments: Value[];
}

export type Terminator =
  | { readonly kind: "jump"; readonly target: Target; readonly location: Location | null }
  | {
      readonly kind: "branch";
      readonly condition: Condition;
      readonly left: Value;
      readonly right: Value;
      readonly then: Target;
      readonly else: Target;
      readonly location: Location | null;
    }
  | { readonly kind: "return"; readonly value: Value | null; readonly location: Location | null };

/**
 * The intermediate representation: typed SSA over a control-flow graph, where every front end meets and every pass works.
 *
 * Blocks have parameters instead of phi nodes; a jump passes one argument for each. Values are numbered within their
 * function and defined once: by a parameter of the function, a parameter of a block, or an instruction. Integers carry no
 * sign; operations do. Narrower integers than 32 bits exist in memory only: a load widens, a store truncates.
 */

/** `i32` lives zero-extended in a 64-bit register; `ptr` is 64 bits whose provenance the verifier follows. */
export type Type = "i32" | "i64" | "ptr";

/** Index into `IrFunction.values`. */
export type Value = number;

/** Index into `IrFunction.blocks`; block 0 is the entry and has no parameters. */
export type BlockId = number;

/** A place in the source, for line information and diagnostics. Lines and columns count from 1. */
export interface Location {
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
  /** Little-endian; zero- or sign-extends to the result's type. A `ptr` result of width 4 is a context's packet pointer. */
  | (Defines & {
      readonly kind: "load";
      readonly width: Width;
      readonly sign: boolean;
      readonly address: Value;
      readonly offset: number;
    })
  | (Effect & {
      readonly kind: "store";
      readonly width: Width;
      readonly address: Value;
      readonly offset: number;
      readonly value: Value;
    })
  /** Atomic read-modify-write of 4 or 8 bytes, of an i32 or i64; with a result, the old value. */
  | (Effect & {
      readonly kind: "atomic";
      readonly op: "add" | "and" | "or" | "xor" | "exchange";
      readonly result: Value | null;
      readonly width: 4 | 8;
      readonly address: Value;
      readonly offset: number;
      readonly value: Value;
    })
  /** Address of a stack slot. */
  | (Defines & { readonly kind: "slot"; readonly slot: number })
  /** A map, as helpers take it. */
  | (Defines & { readonly kind: "map"; readonly map: string })
  /** Address of byte `offset` of the only value of an array map: a global. */
  | (Defines & { readonly kind: "map-value"; readonly map: string; readonly offset: number })
  /**
   * A helper of the kernel by number, at most five arguments; clobbers memory only through pointers passed. An i32 result is the
   * low half of what the helper returns. With `extern`, a function by its name that whoever loads the program must have; `helper` is 0.
   */
  | (Effect & {
      readonly kind: "call";
      readonly helper: number;
      readonly name: string;
      readonly extern?: true;
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

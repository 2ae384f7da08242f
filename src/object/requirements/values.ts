/** Arithmetic on what is known of registers: constants, and values that follow from which kernel runs the program. */

/** An address whose contents are known, or follow from the kernel: kernel configuration. */
export interface KnownMemory {
  readonly kind: "memory";
  /** Bytes from what `read` counts from. */
  readonly offset: bigint;
  /** What a load of `size` bytes there gives. */
  read(offset: number, size: number): Value;
}

/**
 * What a register holds: a constant (64 bits, unsigned); `kernel`: nothing but the kernel decides it, so a branch on it is a
 * question to the kernel; known memory; or `any`: whatever.
 */
export type Value = bigint | "kernel" | "any" | KnownMemory;

const MASK64 = (1n << 64n) - 1n;

/** Operations by the high four bits of the opcode (RFC 9669 §4.1). */
const ALU: Readonly<Record<number, (a: bigint, b: bigint, bits: bigint) => bigint>> = {
  0: (a, b) => a + b,
  1: (a, b) => a - b,
  2: (a, b) => a * b,
  4: (a, b) => a | b,
  5: (a, b) => a & b,
  6: (a, b, bits) => a << (b & (bits - 1n)),
  7: (a, b, bits) => a >> (b & (bits - 1n)),
  10: (a, b) => a ^ b,
  11: (_, b) => b,
  12: (a, b, bits) => BigInt.asIntN(Number(bits), a) >> (b & (bits - 1n)),
};

/** The result of an arithmetic instruction, by the high four bits of its opcode. */
export function calculate(operation: number, a: Value, b: Value, wide: boolean): Value {
  if (operation === 11 && (wide || typeof b !== "object")) return typeof b === "bigint" && !wide ? BigInt.asUintN(32, b) : b;
  if (wide && operation === 0) {
    if (typeof a === "object" && typeof b === "bigint") return { ...a, offset: BigInt.asIntN(64, a.offset + b) };
    if (typeof b === "object" && typeof a === "bigint") return { ...b, offset: BigInt.asIntN(64, b.offset + a) };
  }
  if (typeof a === "object" || typeof b === "object" || a === "any" || b === "any") return "any";
  if (a === "kernel" || b === "kernel") return "kernel";
  const apply = ALU[operation];
  if (apply === undefined) return "any";
  const bits = wide ? 64n : 32n;
  const mask = wide ? MASK64 : 0xffffffffn;
  return apply(a & mask, b & mask, bits) & mask;
}

const CONDITIONS: Readonly<Record<number, (a: bigint, b: bigint, bits: number) => boolean>> = {
  1: (a, b) => a === b,
  2: (a, b) => a > b,
  3: (a, b) => a >= b,
  4: (a, b) => (a & b) !== 0n,
  5: (a, b) => a !== b,
  6: (a, b, bits) => BigInt.asIntN(bits, a) > BigInt.asIntN(bits, b),
  7: (a, b, bits) => BigInt.asIntN(bits, a) >= BigInt.asIntN(bits, b),
  10: (a, b) => a < b,
  11: (a, b) => a <= b,
  12: (a, b, bits) => BigInt.asIntN(bits, a) < BigInt.asIntN(bits, b),
  13: (a, b, bits) => BigInt.asIntN(bits, a) <= BigInt.asIntN(bits, b),
};

/** Whether a conditional jump is taken, by the high four bits of its opcode: known, or up to the kernel, or to whatever. */
export function decide(condition: number, a: Value, b: Value, bits: 32 | 64): boolean | "kernel" | "any" {
  if (typeof a === "object" || typeof b === "object" || a === "any" || b === "any") return "any";
  if (a === "kernel" || b === "kernel") return "kernel";
  return CONDITIONS[condition]?.(BigInt.asUintN(bits, a), BigInt.asUintN(bits, b), bits) ?? "any";
}

/** What is known where two paths meet. */
export function meet(a: Value, b: Value): Value {
  if (a === b) return a;
  if (typeof a === "object" && typeof b === "object" && a.read === b.read && a.offset === b.offset) return a;
  return "any";
}

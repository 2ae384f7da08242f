/**
 * What each instruction computes, straight from the formulas of RFC 9669, in BigInt: slow, short, and written apart from
 * the engines that it judges. Values are unsigned 64-bit.
 */

export type Width = 32 | 64;

const unsigned = (width: number, value: bigint): bigint => BigInt.asUintN(width, value);
const signed = (width: number, value: bigint): bigint => BigInt.asIntN(width, value);

/** §4.1. Operands are taken at the instruction's width; the result is zero-extended. */
export const ARITHMETIC: Readonly<Record<string, (width: Width, dst: bigint, src: bigint) => bigint>> = {
  add: (_, dst, src) => dst + src,
  sub: (_, dst, src) => dst - src,
  mul: (_, dst, src) => dst * src,
  div: (_, dst, src) => (src === 0n ? 0n : dst / src),
  sdiv: (width, dst, src) => (src === 0n ? 0n : signed(width, dst) / signed(width, src)),
  or: (_, dst, src) => dst | src,
  and: (_, dst, src) => dst & src,
  lsh: (width, dst, src) => dst << (src & BigInt(width - 1)),
  rsh: (width, dst, src) => dst >> (src & BigInt(width - 1)),
  mod: (_, dst, src) => (src === 0n ? dst : dst % src),
  smod: (width, dst, src) => (src === 0n ? dst : signed(width, dst) % signed(width, src)),
  xor: (_, dst, src) => dst ^ src,
  arsh: (width, dst, src) => signed(width, dst) >> (src & BigInt(width - 1)),
};

export function arithmetic(op: string, width: Width, dst: bigint, src: bigint): bigint {
  const formula = ARITHMETIC[op];
  if (formula === undefined) throw new TypeError(`no formula for ${op}`);
  return unsigned(width, formula(width, unsigned(width, dst), unsigned(width, src)));
}

export const negate = (width: Width, dst: bigint): bigint => unsigned(width, -dst);

/** Sign-extends `from` bits to `width`, then zero-extends to 64. */
export const extend = (from: number, width: Width, value: bigint): bigint => unsigned(width, signed(from, value));

/** §4.2: the low `bits` with their bytes the other way round; `le` on a little-endian machine only truncates. */
export function endian(order: "be" | "le" | "swap", bits: number, value: bigint): bigint {
  const low = unsigned(bits, value);
  if (order === "le") return low;
  let out = 0n;
  for (let at = 0; at < bits; at += 8) out = (out << 8n) | ((low >> BigInt(at)) & 0xffn);
  return out;
}

/** §4.3. */
export const CONDITIONS: Readonly<Record<string, (width: Width, dst: bigint, src: bigint) => boolean>> = {
  eq: (_, dst, src) => dst === src,
  gt: (_, dst, src) => dst > src,
  ge: (_, dst, src) => dst >= src,
  set: (_, dst, src) => (dst & src) !== 0n,
  ne: (_, dst, src) => dst !== src,
  sgt: (width, dst, src) => signed(width, dst) > signed(width, src),
  sge: (width, dst, src) => signed(width, dst) >= signed(width, src),
  lt: (_, dst, src) => dst < src,
  le: (_, dst, src) => dst <= src,
  slt: (width, dst, src) => signed(width, dst) < signed(width, src),
  sle: (width, dst, src) => signed(width, dst) <= signed(width, src),
};

export function jumps(condition: string, width: Width, dst: bigint, src: bigint): boolean {
  const formula = CONDITIONS[condition];
  if (formula === undefined) throw new TypeError(`no formula for ${condition}`);
  return formula(width, unsigned(width, dst), unsigned(width, src));
}

/** §5.3: what memory holds afterwards, and what the fetching register becomes (null: nothing). */
export function atomic(
  op: "add" | "or" | "and" | "xor" | "xchg" | "cmpxchg",
  width: Width,
  memory: bigint,
  src: bigint,
  r0: bigint,
): { readonly memory: bigint; readonly old: bigint } {
  const old = unsigned(width, memory);
  const operand = unsigned(width, src);
  if (op === "xchg") return { memory: operand, old };
  if (op === "cmpxchg") return { memory: unsigned(width, r0) === old ? operand : old, old };
  return { memory: arithmetic(op, width, old, operand), old };
}

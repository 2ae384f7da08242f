/**
 * What is known of a 64-bit number: each bit (0, 1 or unknown), and its ranges read as signed and unsigned, in 64 and in the
 * low 32 bits. The kernel's `tnum` and the eight limits of `struct bpf_reg_state`.
 *
 * Every half is an int32 (`| 0`), so that V8 keeps it in a register or as a small integer: read an unsigned half with `>>> 0`.
 * A `Bounds` that was handed out is never changed: operations make new ones, and registers share them.
 */
export class Bounds {
  /** Bits known to be 1. A bit is never in both `value` and `mask`. */
  valueLo: number;
  valueHi: number;
  /** Bits that are not known. */
  maskLo: number;
  maskHi: number;
  sminLo: number;
  sminHi: number;
  smaxLo: number;
  smaxHi: number;
  uminLo: number;
  uminHi: number;
  umaxLo: number;
  umaxHi: number;
  s32min: number;
  s32max: number;
  /** Unsigned, kept as int32. */
  u32min: number;
  /** Unsigned, kept as int32. */
  u32max: number;

  /** @param from what is known at first; nothing, without it. */
  constructor(from?: Bounds) {
    if (from === undefined) {
      this.valueLo = 0;
      this.valueHi = 0;
      this.maskLo = -1;
      this.maskHi = -1;
      this.sminLo = 0;
      this.sminHi = -0x80000000;
      this.smaxLo = -1;
      this.smaxHi = 0x7fffffff;
      this.uminLo = 0;
      this.uminHi = 0;
      this.umaxLo = -1;
      this.umaxHi = -1;
      this.s32min = -0x80000000;
      this.s32max = 0x7fffffff;
      this.u32min = 0;
      this.u32max = -1;
      return;
    }
    this.valueLo = from.valueLo;
    this.valueHi = from.valueHi;
    this.maskLo = from.maskLo;
    this.maskHi = from.maskHi;
    this.sminLo = from.sminLo;
    this.sminHi = from.sminHi;
    this.smaxLo = from.smaxLo;
    this.smaxHi = from.smaxHi;
    this.uminLo = from.uminLo;
    this.uminHi = from.uminHi;
    this.umaxLo = from.umaxLo;
    this.umaxHi = from.umaxHi;
    this.s32min = from.s32min;
    this.s32max = from.s32max;
    this.u32min = from.u32min;
    this.u32max = from.u32max;
  }

  /** To be changed before it is handed out. */
  copy(): Bounds {
    return new Bounds(this);
  }
}

/** Nothing is known. */
export const UNKNOWN: Bounds = new Bounds();

/** The number of these two halves. */
export function constant(lo: number, hi: number): Bounds {
  const to = new Bounds();
  to.valueLo = lo | 0;
  to.valueHi = hi | 0;
  to.maskLo = 0;
  to.maskHi = 0;
  to.sminLo = to.smaxLo = to.uminLo = to.umaxLo = lo | 0;
  to.sminHi = to.smaxHi = to.uminHi = to.umaxHi = hi | 0;
  to.s32min = to.s32max = to.u32min = to.u32max = lo | 0;
  return to;
}

export const ZERO: Bounds = constant(0, 0);

/** An immediate, extended by its sign to 64 bits. */
export function signedConstant(value: number): Bounds {
  const at = value & (RECENT - 1);
  const known = recent[at];
  if (known !== undefined && known.valueLo === value) return known;
  const made = constant(value, value < 0 ? -1 : 0);
  recent[at] = made;
  return made;
}

/** The constants of a program are asked for again and again. A power of two. */
const RECENT = 256;
const recent: (Bounds | undefined)[] = new Array<Bounds | undefined>(RECENT).fill(undefined);

/** Whether all 64 bits are known. The number is then `valueLo`, `valueHi`. */
export function isConstant(bounds: Bounds): boolean {
  return (bounds.maskLo | bounds.maskHi) === 0;
}

/** Whether the low 32 bits are known. */
export function isConstant32(bounds: Bounds): boolean {
  return bounds.maskLo === 0;
}

export function isZero(bounds: Bounds): boolean {
  return (bounds.maskLo | bounds.maskHi | bounds.valueLo | bounds.valueHi) === 0;
}

/** Numbers at which arithmetic goes wrong. */

/** 64-bit operands: around zero, around the ends of 8, 16, 32 and 64 bits, and some that mix all bytes. */
export const VALUES: readonly bigint[] = [
  0n,
  1n,
  2n,
  7n,
  31n,
  32n,
  33n,
  63n,
  64n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x1_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_fffen,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x1_0000_0001n,
  0x7fff_ffff_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0x8000_0000_0000_0001n,
  0xffff_ffff_0000_0000n,
  0xffff_ffff_8000_0000n,
  0xffff_ffff_ffff_fffen,
  0xffff_ffff_ffff_ffffn,
  0x0123_4567_89ab_cdefn,
  0xfedc_ba98_7654_3210n,
];

/** 32-bit immediates, as they stand in the instruction. */
export const IMMEDIATES: readonly number[] = [
  0, 1, 2, 31, 32, 33, 63, 64, 0x7f, 0xffff, 0x7fff_ffff, -1, -2, -7, -128, -0x8000_0000,
];

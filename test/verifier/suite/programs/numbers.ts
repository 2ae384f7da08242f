/**
 * Arithmetic and conditions on numbers. What is known of a number shows in whether it may be an index: most programs load an
 * unknown number into r1, do something with it, and touch one byte at that index of a value of 64 bytes.
 */

import { Rules } from "../case.ts";
import { OUT, times, value } from "./text.ts";

export const numbers = new Rules("core");

/** r1 is unknown (32 bits; r2 too) before `text` and the index afterwards; `out` is the way out. */
function index(text: string, load = "u8"): string {
  return `r6 = r1; ${value("array64")}r1 = *(u32 *)(r6 +0); r2 = *(u32 *)(r6 +8); ${text}; r0 += r1; r3 = *(${load} *)(r0 +0)${OUT}`;
}

/** As {@link index}, with 64 unknown bits. */
function index64(text: string): string {
  return `r6 = r1; call bpf_ktime_get_ns; r7 = r0; ${value("array64")}r1 = r7; ${text}; r0 += r1; r3 = *(u8 *)(r0 +0)${OUT}`;
}

numbers
  .rule(
    "and",
    { "63": index("r1 &= 63"), "32 bits": index("w1 &= 63"), "of two": index("r1 &= 15; r2 &= 32; r1 |= r2") },
    {
      "64": index("r1 &= 64"),
      "127": index("r1 &= 127"),
      "negative mask": index("r1 &= -2"),
      "or makes more": index("r1 &= 63; r1 |= 64"),
    },
  )
  .rule(
    "unsigned conditions",
    {
      "below 64": index("if r1 > 63 goto out"),
      "not at least 64": index("if r1 >= 64 goto out"),
      "less than": index("if r1 < 64 goto in; goto out; in: r4 = 1"),
      "at most": index("if r1 <= 63 goto in; goto out; in: r4 = 1"),
      "32 bits": index("if w1 > 63 goto out"),
      equal: index("if r1 != 63 goto out"),
      "equal to a register": index("r4 = 7; if r1 != r4 goto out"),
      "in another register": index("r4 = 63; if r1 > r4 goto out"),
      "register on the left": index("r4 = 63; if r4 < r1 goto out"),
      "of 64 bits": index64("if r1 > 63 goto out"),
    },
    {
      "below 65": index("if r1 > 64 goto out"),
      "not at least 65": index("if r1 >= 65 goto out"),
      "less than 65": index("if r1 < 65 goto in; goto out; in: r4 = 1"),
      "other branch": index("if r1 > 63 goto in; goto out; in: r4 = 1"),
      "equal to 64": index("if r1 != 64 goto out"),
      "not equal": index("if r1 == 63 goto out"),
      "32 bits of 64": index64("if w1 > 63 goto out"),
      "after a reload": index("if r1 > 63 goto out; r1 = *(u32 *)(r6 +0)"),
      "of another register": index("if r2 > 63 goto out"),
      "register that is unknown": index("if r1 > r2 goto out"),
    },
  )
  .rule(
    "signed conditions",
    {
      "both sides": index64("if r1 s> 63 goto out; if r1 s< 0 goto out"),
      "of a number that has no sign": index("if r1 s> 63 goto out"),
      "greater or equal": index64("if r1 s>= 64 goto out; if r1 s<= -1 goto out"),
      "32 bits, zero-extended": index("w1 = w1; if w1 s< 0 goto out; if w1 s>= 64 goto out"),
    },
    {
      "upper side only": index64("if r1 s> 63 goto out"),
      "lower side only": index64("if r1 s< 0 goto out"),
      "from -1": index64("if r1 s> 63 goto out; if r1 s< -1 goto out"),
      "32 bits, upper side only": index("w1 = w1; if w1 s>= 64 goto out; r1 <<= 32; r1 s>>= 32"),
    },
  )
  .rule(
    "bits",
    {
      "no bit above": index("if r1 & -64 goto out"),
      "a bit that is set": index("r1 &= 64; if r1 & 64 goto out"),
      "32 bits": index("if w1 & -64 goto out"),
    },
    {
      "some bit above": index("if r1 & 64 goto out"),
      "the other branch": index("if r1 & -64 goto in; goto out; in: r4 = 1"),
    },
  )
  .rule(
    "shifts",
    {
      right: index("r1 >>= 26"),
      "right, arithmetic, of a positive number": index("r1 >>= 1; r1 s>>= 25"),
      "left and right": index("r1 <<= 58; r1 >>= 58"),
      "32 bits right": index("w1 >>= 26"),
      "32 bits left and right": index("w1 <<= 26; w1 >>= 26"),
      "left after and": index("r1 &= 7; r1 <<= 3"),

      "by a known register": index("r4 = 26; r1 >>= r4"),
    },
    {
      "right by one less": index("r1 >>= 25"),
      "arithmetic, of 64 bits": index64("r1 s>>= 58"),
      "left after and": index("r1 &= 15; r1 <<= 3"),
      "by an unknown register": index("r1 &= 15; r1 <<= r2"),
      "right by an unknown register": index("r1 >>= r2"),
      "arithmetic, of 32 bits": index("w1 s>>= 26"),
      "by a register": index("r2 &= 1; r1 &= 15; r1 <<= r2"),
    },
  )
  .rule(
    "shift counts",
    {
      "31 of 32": "w0 = 1; w0 <<= 31; r0 = 0; exit",
      "63 of 64": "r0 = 1; r0 <<= 63; r0 = 0; exit",
      "register too large": "r0 = 1; r2 = 70; r0 <<= r2; r0 = 0; exit",
    },
    {
      "32 of 32": "w0 = 1; w0 <<= 32; r0 = 0; exit",
      "64 of 64": "r0 = 1; r0 <<= 64; r0 = 0; exit",
      "-1": "r0 = 1; r0 >>= -1; r0 = 0; exit",
      "64, arithmetic": "r0 = 1; r0 s>>= 64; r0 = 0; exit",
      "32 of 32, arithmetic": "w0 = 1; w0 s>>= 32; r0 = 0; exit",
    },
  )
  .rule(
    "division",
    {
      "by a constant": "r1 = 8; r1 /= 2; r0 = 0; exit",
      "by a register": "r1 = 8; r2 = 0; r1 /= r2; r0 = 0; exit",
      "signed by -1": "r1 = 8; r1 s/= -1; r0 = 0; exit",
      "32 bits": "w1 = 8; w1 /= 3; r0 = 0; exit",
    },
    {
      "by zero": "r1 = 8; r1 /= 0; r0 = 0; exit",
      "32 bits by zero": "w1 = 8; w1 /= 0; r0 = 0; exit",
      "rest by zero": "r1 = 8; r1 %= 0; r0 = 0; exit",
      "32 bits rest by zero": "w1 = 8; w1 %= 0; r0 = 0; exit",
      "signed by zero": "r1 = 8; r1 s/= 0; r0 = 0; exit",
      "signed rest by zero": "r1 = 8; r1 s%= 0; r0 = 0; exit",
      "result as index": index("r1 /= 67108864"),
      "rest as index": index("r1 %= 64"),
      "rest of 32 bits as index": index("w1 %= 64"),
    },
  )
  .rule(
    "multiplication",
    {
      "in range": index("r1 &= 7; r1 *= 8"),
      "of two": index("r1 &= 7; r2 &= 7; r1 *= r2"),
      "32 bits": index("w1 &= 7; w1 *= 8"),
      "by zero": index("r1 *= 0"),
    },
    {
      "too large": index("r1 &= 7; r1 *= 10"),
      negative: index("r1 &= 7; r1 *= -1"),
      overflow: index("r1 *= 8; r1 *= 536870912"),
    },
  )
  .rule(
    "addition",
    {
      "of a constant": index("r1 &= 31; r1 += 32"),
      "of two": index("r1 &= 31; r2 &= 31; r1 += r2"),
      "negative and back": index("r1 &= 31; r1 += -5; r1 += 5"),
      "32 bits": index("w1 &= 31; w1 += 32"),
    },
    {
      "one too many": index("r1 &= 31; r1 += 33"),
      "of two": index("r1 &= 31; r2 &= 63; r1 += r2"),
      negative: index("r1 &= 31; r1 += -5"),
      "32 bits, wrapping": index("w1 &= 31; w1 += -5"),
    },
  )
  .rule(
    "subtraction",
    {
      "from a constant": index("r1 &= 31; r4 = 63; r4 -= r1; r1 = r4"),
      "of a constant": index("r1 &= 31; r1 |= 8; r1 -= 8"),

      "32 bits": index("w1 &= 31; w4 = 63; w4 -= w1; r1 = r4"),
    },
    {
      "below zero": index("r1 &= 31; r1 -= 8"),
      "from less": index("r1 &= 31; r4 = 30; r4 -= r1; r1 = r4"),
      "with itself": index("r1 -= r1"),
    },
  )
  .rule(
    "negation",
    {
      "of a negative number": index("r1 &= 31; r1 = -r1; r1 = -r1; r1 &= 31"),
      "of a constant": index("r1 = -5; r1 = -r1"),
      twice: index("r1 &= 31; r1 = -r1; r1 = -r1"),
    },
    {
      "of a positive number": index("r1 &= 31; r1 = -r1"),
    },
  )
  .rule(
    "exclusive or",
    { small: index("r1 &= 15; r1 ^= 15"), "of two": index("r1 &= 15; r2 &= 63; r1 ^= r2") },
    {
      "a high bit": index("r1 &= 15; r1 ^= 64"),
      negative: index("r1 &= 15; r1 ^= -1"),
      "with itself": index("r1 ^= r1"),
    },
  )
  .rule(
    "byte order",
    {
      "16 bits and a shift": index("r1 = be16 r1; r1 >>= 10"),
      "a constant": index("r1 = 0x100; r1 = be16 r1"),
      "bswap of a constant": index("r1 = 0x100; r1 = bswap16 r1"),
    },
    {
      "16 bits": index("r1 &= 63; r1 = be16 r1"),
      "32 bits": index("r1 &= 63; r1 = be32 r1"),
      "64 bits": index("r1 &= 63; r1 = be64 r1"),
      bswap: index("r1 &= 63; r1 = bswap32 r1"),
    },
  )
  .rule(
    "little endian",
    {
      "keeps 16 bits": index("r1 = le16 r1; r1 >>= 10"),
      "64 bits": "r1 = 1; r1 = le64 r1; r0 = 0; exit",
      "loses what was known": index("r1 &= 63; r1 = le64 r1"),
    },
    {},
  )
  .rule(
    "moves of 32 bits",
    {
      "of a small number": index("r1 &= 63; w1 = w1"),
      "cuts the upper half": index64("w1 = w1; r1 >>= 26"),
      "negative constant cut": index("w1 = -1; r1 >>= 26"),
    },
    {
      "of 64 bits, then more": index64("w1 = w1"),
      "negative constant": index("w1 = -1"),
    },
  )
  .rule(
    "moves with sign",
    {
      "8 bits of a small number": index("r1 &= 63; r4 = (s8)r1; r1 = r4"),
      "8 bits, checked": index("r1 = (s8)r1; if r1 s< 0 goto out; r1 >>= 1"),
      "32 bits of a small number": index("r1 &= 63; r1 = (s32)r1"),
      "16 bits, 32-bit move": index("r1 &= 63; w1 = (s16)w1"),
    },
    {
      "8 bits": index("r1 = (s8)r1"),
      "8 bits of 128": index("r1 = 128; r1 = (s8)r1"),
      "16 bits": index("r1 = (s16)r1; r1 >>= 10"),
      "32 bits": index64("r1 = (s32)r1; if r1 s> 63 goto out"),
    },
  )
  .rule(
    "loads with sign",
    {
      "8 bits, checked": index("*(u64 *)(r10 -16) = r1; r1 = *(s8 *)(r10 -16); if r1 s< 0 goto out; r1 >>= 1"),
      "8 bits of a small number": index("r1 &= 63; *(u64 *)(r10 -16) = r1; r1 = *(s8 *)(r10 -16)"),
    },
    {
      "8 bits": index("*(u64 *)(r10 -16) = r1; r1 = *(s8 *)(r10 -16); r1 >>= 1"),
    },
  )
  .rule(
    "copies",
    {
      "checked before": index("if r1 > 63 goto out; r4 = r1; r1 = r4"),
      "checked after": index("r4 = r1; if r4 > 63 goto out"),
      "the original checked": index("r4 = r1; if r1 > 63 goto out; r1 = r4"),
      "spilled, checked": index("*(u64 *)(r10 -16) = r1; if r1 > 63 goto out; r1 = *(u64 *)(r10 -16)"),
      "of 32 bits, checked": index("w4 = w1; if w4 > 63 goto out"),
      "plus a constant, checked": index("r4 = r1; r4 += 4; if r4 > 63 goto out; if r4 < 4 goto out"),
      "minus a constant, checked": index("r4 = r1; r4 += -4; if r4 s< 0 goto out; if r4 > 50 goto out"),
    },
    {
      "changed after": index("r4 = r1; r4 += 1; if r4 > 64 goto out; r1 += 64"),
      "32 bits of 64": index64("w4 = w1; if w4 > 63 goto out"),
      "spilled as 32 bits of 64": index64("*(u32 *)(r10 -16) = r1; r4 = *(u32 *)(r10 -16); if r4 > 63 goto out"),
      overwritten: index("r4 = r1; r1 = r2; if r4 > 63 goto out"),
    },
  )
  .rule(
    "known conditions",
    {
      "never taken": "r1 = 1; if r1 == 2 goto a; r0 = 0; exit; a: r0 = r5; exit",
      "always taken": "r1 = 1; if r1 != 2 goto a; r0 = r5; exit; a: r0 = 0; exit",
      "ranges apart": index("r1 &= 7; if r1 > 8 goto bad; goto in; bad: r0 = r9; in: r4 = 1"),
      "signed, apart": index("r1 &= 7; if r1 s< 0 goto bad; goto in; bad: r0 = r9; in: r4 = 1"),
      "bits apart": index("r1 &= 7; if r1 & 8 goto bad; goto in; bad: r0 = r9; in: r4 = 1"),
      "bits shared": index("r1 |= 8; r1 &= 63; if r1 & 8 goto in; r0 = r9; in: r4 = 1"),
      "equal to a bit it lacks": index("r1 &= 6; if r1 == 1 goto bad; goto in; bad: r0 = r9; in: r4 = 1"),
      "two registers apart": index("r1 &= 7; r2 &= 7; r2 |= 8; if r1 > r2 goto bad; goto in; bad: r0 = r9; in: r4 = 1"),
      "32 bits": index("w1 &= 7; if w1 > 8 goto bad; goto in; bad: r0 = r9; in: r4 = 1"),
    },
    {
      "may be taken": index("r1 &= 15; if r1 > 8 goto bad; goto in; bad: r0 = r9; in: r4 = 1"),
      "signed, may be taken": index64("if r1 s< 0 goto bad; goto out; bad: r0 = r9; goto out"),
      "bits, may be taken": index("r1 &= 15; if r1 & 8 goto bad; goto in; bad: r0 = r9; in: r4 = 1"),
      "taken by mistake": "r1 = 1; if r1 == 1 goto a; r0 = 0; exit; a: r0 = r5; exit",
      "lower half of a pointer": "r1 = r10; if w1 == 0 goto bad; r0 = 0; exit; bad: r0 = r9; exit",
      "a pointer is not null": "r1 = r10; if r1 == 0 goto bad; r0 = 0; exit; bad: r0 = r9; exit",
      "the context is not null": "if r1 == 0 goto bad; r0 = 0; exit; bad: r0 = r9; exit",
    },
  )
  .rule(
    "halves",
    {
      "checked in 32 bits when the upper is zero": index("if w1 >= 64 goto out"),
      "known constant": index("r1 = 0x100000000 ll; w1 = 5"),
      "upper half shifted down": index64("r1 >>= 32; if r1 > 63 goto out"),
      "32-bit signed and positive": index("if w1 s< 0 goto out; if w1 s> 63 goto out"),
    },
    {
      "upper half left": index64("w4 = w1; if w4 > 63 goto out; r1 &= -1"),
      "upper half set": index("if w1 > 63 goto out; r4 = 0x100000000 ll; r1 |= r4"),
      "32-bit addition wraps": index("if w1 > 63 goto out; w1 += -1"),
    },
  )
  .rule(
    "comparison of two numbers",
    {
      "less than one below 64": index("r2 &= 63; if r1 > r2 goto out"),
      "equal to one below 64": index("r2 &= 63; if r1 != r2 goto out"),
      "32 bits": index("w2 &= 63; if w1 > w2 goto out"),
      signed: index64("r2 = *(u32 *)(r6 +8); r2 &= 63; if r1 s> r2 goto out; if r1 s< 0 goto out"),
    },
    {
      "less than one below 128": index("r2 &= 127; if r1 > r2 goto out"),
      "greater than one below 64": index("r2 &= 63; if r1 < r2 goto out"),
    },
  )
  .rule(
    "return value",
    {
      "any of a filter": "r0 = 0x1122334455667788 ll; exit",
      unknown: "r0 = *(u32 *)(r1 +0); exit",
      "a pointer": "r0 = r10; exit",
      "the context": "r0 = r1; exit",
    },
    {},
  )
  .rule(
    "accesses by number",
    {},
    {
      "a number is no pointer": "r1 = 1; r0 = *(u32 *)(r1 +0); exit",
      "zero is no pointer": "r1 = 0; r0 = *(u32 *)(r1 +0); exit",
      "store through a number": "r1 = 1; *(u32 *)(r1 +0) = 1; r0 = 0; exit",
      "atomic through a number": "r1 = 1; r2 = 1; lock *(u64 *)(r1 +0) += r2; r0 = 0; exit",
    },
  )
  .rule("many unknown branches", { ten: `${times(10, (i) => `r2 = *(u32 *)(r1 +0); if r2 == ${i} goto +0`)}; r0 = 0; exit` }, {});

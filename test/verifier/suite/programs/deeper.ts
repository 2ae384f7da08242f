/** Rules of core that meet: ranges of both signs, linked numbers, values with arithmetic, arguments of helpers, depth of stacks. */

import { Rules } from "../case.ts";
import { lookup, OUT, times, value } from "./text.ts";

export const deeper = new Rules("core");

const RETURN = "; r0 = 0; exit";

/** r1 holds 64 unknown bits, r2 64 others; what `text` leaves in r1 is added to a value of 64 bytes. */
function mixed(text: string): string {
  return `call bpf_ktime_get_ns; r7 = r0; call bpf_ktime_get_ns; r8 = r0; ${value("array64")}r1 = r7; r2 = r8; ${text}; r0 += r1; r3 = *(u8 *)(r0 +0)${OUT}`;
}

deeper
  .rule(
    "ranges of both signs",
    {
      "unsigned, then signed": mixed("if r1 > 100 goto out; if r1 s> 63 goto out"),
      "signed lower, unsigned upper": mixed("if r1 s< 0 goto out; if r1 > 63 goto out"),
      "signed upper and unsigned lower zero": mixed("r1 >>= 1; if r1 s> 63 goto out"),
      "below a register, both signs": mixed("r4 = 63; if r1 s> r4 goto out; if r1 s< 0 goto out"),
      "negative made positive": mixed("if r1 s> -1 goto out; if r1 s< -64 goto out; r1 += 64"),
      "unsigned of a shifted": mixed("r1 <<= 32; r1 >>= 58"),
      "signed shift of a positive": mixed("r1 >>= 1; r1 s>>= 57"),
      "32-bit signed on a zero-extended": mixed("w1 = w1; if w1 s> 63 goto out; if w1 s< 0 goto out"),
      "64-bit range from a 32-bit check and a 64-bit check": mixed("if r1 > 4000000000 goto out; if w1 > 63 goto out; w1 = w1"),
      "xor of checked": mixed("r1 &= 31; r2 &= 31; r1 ^= r2; r1 += 32"),
      "or of checked": mixed("r1 &= 31; r2 &= 32; r1 |= r2"),
      "minimum by branch": mixed("if r1 < 64 goto a; r1 = 63; a: r4 = 1"),
      "maximum by branch, masked": mixed("r1 &= 127; if r1 <= 63 goto a; r1 = 0; a: r4 = 1"),
      "absolute value": mixed("if r1 s> 30 goto out; if r1 s< -30 goto out; if r1 s>= 0 goto a; r1 = -r1; a: r4 = 1"),
      "difference of ordered": mixed("r1 &= 63; r2 &= 63; if r1 < r2 goto out; r4 = r1; r4 -= r2; if r4 > 63 goto out; r1 = r4"),
      "equal to a checked": mixed("if r2 > 63 goto out; if r1 != r2 goto out"),
      "not equal at the edge": mixed("if r1 > 64 goto out; if r1 == 64 goto out"),
      "not equal at the lower edge": mixed("r1 &= 63; if r1 == 0 goto out; r1 -= 1"),
      "product of 32 bits": mixed("w1 &= 7; w2 &= 7; w1 *= w2"),
      "quotient of a checked": mixed("r1 &= 63; r1 /= 1; r1 &= 63"),
      "product that wraps in 32 bits": mixed("w1 &= 1023; w2 &= 1023; w1 *= w2; w1 >>= 14; if w1 > 64 goto out"),
    },
    {
      "signed upper only": mixed("if r1 s> 63 goto out"),
      "negative and unsigned": mixed("if r1 s> -1 goto out; r1 &= -2"),
      "unsigned above a negative": mixed("if r1 s< -1 goto out; if r1 s> 63 goto out"),
      "32 bits with the sign extended": mixed("r1 = (s32)r1; if w1 s> 63 goto out; if w1 s< -1 goto out"),
      "64-bit value, 32-bit check": mixed("if w1 > 63 goto out"),
      "mask of the wrong register": mixed("r2 &= 63"),
      "minimum by branch, one too large": mixed("if r1 < 65 goto a; r1 = 63; a: r4 = 1"),
      "difference not ordered": mixed("r1 &= 63; r2 &= 63; r1 -= r2"),
      "equal to an unchecked": mixed("if r1 != r2 goto out"),
      "not equal not at the edge": mixed("if r1 > 64 goto out; if r1 == 63 goto out"),
      "quotient is not known": mixed("r1 &= 63; r1 /= 1"),

      "shift by a number that may be 64": mixed("r1 &= 1; r2 &= 127; r1 <<= r2"),
      "sum that wraps": mixed("if r1 < -10 goto out; r1 += 20; r1 -= 20"),
    },
  )
  .rule(
    "linked numbers",
    {
      "two copies, one checked": mixed("r4 = r1; r5 = r1; if r5 > 63 goto out"),
      "a copy spilled, the register checked": mixed("*(u64 *)(r10 -16) = r1; if r1 > 63 goto out; r1 = *(u64 *)(r10 -16)"),
      "a fill checked, the slot filled again": mixed(
        "*(u64 *)(r10 -16) = r1; r4 = *(u64 *)(r10 -16); if r4 > 63 goto out; r1 = *(u64 *)(r10 -16)",
      ),
      "lower half spilled and checked": mixed("w1 = w1; *(u32 *)(r10 -16) = r1; r4 = *(u32 *)(r10 -16); if r4 > 63 goto out"),
      "a copy of a copy with an offset": mixed("r1 &= 255; r4 = r1; r4 += 10; if r4 > 70 goto out"),
      "an offset copy, the base checked": mixed("r1 &= 255; r4 = r1; r4 += 10; if r1 > 50 goto out; r1 = r4"),
      "through a call": mixed("r6 = r1; if r1 > 63 goto out; r1 = 1; r1 = r6"),
      "in a branch of equality": mixed("r4 = r1; if r4 != 5 goto out"),
    },
    {
      "offset added to one only": mixed("r4 = r1; r4 += 1; if r4 > 64 goto out"),
      "a copy cut to 32 bits": mixed("w4 = w1; if r4 > 63 goto out"),
      "a copy shifted": mixed("r4 = r1; r4 >>= 1; if r4 > 31 goto out"),
      "the slot overwritten in part": mixed(
        "*(u64 *)(r10 -16) = r1; *(u8 *)(r10 -16) = 0; if r1 > 63 goto out; r1 = *(u64 *)(r10 -16)",
      ),
      "the upper half filled": mixed("*(u64 *)(r10 -16) = r1; if r1 > 63 goto out; r1 = *(u32 *)(r10 -12); r1 += 64"),
      "another number with the same range": mixed("r4 = r2; if r4 > 63 goto out"),
      "overwritten on one path": mixed("r4 = r1; if r2 == 0 goto a; r4 = 0; a: if r4 > 63 goto out"),
    },
  )
  .rule(
    "values with arithmetic",
    {
      "constant, then variable": `r6 = r1; ${value("array64")}r1 = *(u32 *)(r6 +0); r1 &= 15; r0 += 16; r0 += r1; r3 = *(u8 *)(r0 +32)${OUT}`,
      "variable, then back by a constant": `r6 = r1; ${value("array64")}r1 = *(u32 *)(r6 +0); r1 &= 15; r1 += 8; r0 += r1; r0 += -8; r3 = *(u8 *)(r0 +0)${OUT}`,
      "number plus value": `r6 = r1; ${value("array64")}r1 = *(u32 *)(r6 +0); r1 &= 15; r1 += r0; r3 = *(u8 *)(r1 +0)${OUT}`,
      "known number subtracted": `${value("array64")}r0 += 8; r1 = 8; r0 -= r1; r3 = *(u8 *)(r0 +0)${OUT}`,
      "two values subtracted": `${value("array64")}r6 = r0; r6 += 4; r6 -= r0; r3 = 1${OUT}`,
      "spilled after arithmetic": `r6 = r1; ${value("array64")}r1 = *(u32 *)(r6 +0); r1 &= 15; r0 += r1; *(u64 *)(r10 -16) = r0; r1 = *(u64 *)(r10 -16); r3 = *(u8 *)(r1 +48)${OUT}`,
      "on two paths, both in range": `r6 = r1; ${value("array64")}r1 = *(u32 *)(r6 +0); if r1 == 0 goto a; r0 += 8; goto b; a: r0 += 56; b: r3 = *(u64 *)(r0 +0)${OUT}`,
      "compared with another value": `${value("array64")}r6 = r0; r6 += 8; if r6 > r0 goto +0; r3 = 1${OUT}`,
    },
    {
      and: `${value("array64")}r0 &= 8; r3 = *(u8 *)(r0 +0)${OUT}`,
      "32-bit addition": `${value("array64")}w0 += 0; r3 = *(u8 *)(r0 +0)${OUT}`,
      division: `${value("array64")}r0 /= 42; r3 = *(u8 *)(r0 +0)${OUT}`,
      "byte swap": `${value("array64")}r0 = be64 r0; r3 = *(u8 *)(r0 +0)${OUT}`,
      "atomically changed on the stack": `${value("array64")}*(u64 *)(r10 -16) = r0; r1 = 8; lock *(u64 *)(r10 -16) += r1; r0 = *(u64 *)(r10 -16); r3 = *(u8 *)(r0 +0)${OUT}`,
      "sum of two values": `${value("array64")}r0 += r0; r3 = *(u8 *)(r0 +0)${OUT}`,
      "variable and constant beyond": `r6 = r1; ${value("array64")}r1 = *(u32 *)(r6 +0); r1 &= 15; r0 += r1; r3 = *(u8 *)(r0 +49)${OUT}`,
      "number minus value": `${value("array64")}r1 = 8; r1 -= r0; r3 = *(u8 *)(r1 +0)${OUT}`,
      "constant before its start": `${value("array64")}r0 += -8; r3 = *(u8 *)(r0 +4)${OUT}`,
      "on two paths, one out of range": `r6 = r1; ${value("array64")}r1 = *(u32 *)(r6 +0); if r1 == 0 goto a; r0 += 8; goto b; a: r0 += 60; b: r3 = *(u64 *)(r0 +0)${OUT}`,
      "a huge constant": `${value("array64")}r1 = 0x7fffffffffffffff ll; r0 += r1; r3 = *(u8 *)(r0 +0)${OUT}`,
      "constants that sum to too much": `${value("array64")}r0 += 536870911; r0 += 536870911; r3 = *(u8 *)(r0 +0)${OUT}`,
      "unknown of both signs": `call bpf_ktime_get_ns; r7 = r0; ${value("array64")}r1 = r7; if r1 s> 10 goto out; if r1 s< -10 goto out; r0 += r1; r3 = *(u8 *)(r0 +20)${OUT}`,
      "compared in place of a check": `${lookup("array64")}r6 = value array64; if r0 > r6 goto a; r0 = 0; exit; a: r3 = *(u8 *)(r0 +0); r0 = 0; exit`,
    },
  )
  .rule(
    "null by comparison",
    {
      "equal to a value that is there": `${lookup("array64")}r6 = value array64; if r0 != r6 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
      "equal to the context": `r7 = r1; ${lookup("array64")}if r0 != r7 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
      "equal to a map": `${lookup("array64")}r7 = map array8; if r0 != r7 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
      "stack on the left": `${lookup("array64")}r7 = r10; if r7 != r0 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
      "equal to the stack, taken": `${lookup("array64")}if r0 == r10 goto a; goto out; a: r3 = *(u8 *)(r0 +0)${OUT}`,
      "equal to the stack": `${lookup("array64")}if r0 != r10 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
      "both checked by one": `${lookup("array64")}r6 = r0; if r6 != 0 goto a; goto out; a: r3 = *(u8 *)(r0 +0)${OUT}`,
      "null used as a number": `${lookup("array64")}if r0 != 0 goto out; r0 += 5${OUT}`,
      "null stored": `${lookup("array64")}if r0 != 0 goto out; *(u64 *)(r10 -16) = r0${OUT}`,
    },
    {
      "equal to another lookup": `${lookup("array64")}r6 = r0; ${lookup("array64")}if r0 != r6 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
      "not equal to a value": `${lookup("array64")}r6 = value array64; if r0 == r6 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
      "null dereferenced": `${lookup("array64")}if r0 != 0 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
      "returned when it may be null": `${lookup("array64")}r0 += 0; exit`,
    },
  )
  .rule(
    "one call, several maps",
    {
      "of the same shape":
        `r6 = *(u32 *)(r1 +0); *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map array48; if r6 == 0 goto a; r1 = map lock2; a: call bpf_map_lookup_elem${RETURN}`.replace(
          "lock2",
          "readonly",
        ),
      "of several shapes": `r6 = *(u32 *)(r1 +0); *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map array48; if r6 == 0 goto a; r1 = map array8; a: call bpf_map_lookup_elem; if r0 == 0 goto out; r3 = *(u8 *)(r0 +7)${OUT}`,
      "several program arrays by one": `r6 = *(u32 *)(r1 +0); r3 = 0; r2 = map programs; if r6 == 0 goto a; r3 = 1; a: call bpf_tail_call${RETURN}`,
    },
    {
      "of several shapes, beyond the smaller": `r6 = *(u32 *)(r1 +0); *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map array48; if r6 == 0 goto a; r1 = map array8; a: call bpf_map_lookup_elem; if r0 == 0 goto out; r3 = *(u8 *)(r0 +8)${OUT}`,
      "keys of several sizes": `r6 = *(u32 *)(r1 +0); *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map array48; if r6 == 0 goto a; r1 = map hash48; a: call bpf_map_lookup_elem${RETURN}`,
      "a map or null": `r6 = *(u32 *)(r1 +0); *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = 0; if r6 == 0 goto a; r1 = map hash48; a: call bpf_map_lookup_elem${RETURN}`,
    },
  )
  .rule(
    "pruning",
    {
      "the same after different writes to a dead slot":
        "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -8) = 0; if r2 == 0 goto a; *(u64 *)(r10 -8) = 1; a: r0 = 0; exit",
      "a dead register differs": "r2 = *(u32 *)(r1 +0); r3 = 0; if r2 == 0 goto a; r3 = r1; a: r3 = 5; r0 = 0; exit",
      "a slot is misc and then zero":
        "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -8) = 0; if r2 == 0 goto a; *(u64 *)(r10 -8) = r2; a: r0 = *(u64 *)(r10 -8); exit",
      "many branches that meet": `r6 = r1; r7 = 0; ${times(30, (i) => `r2 = *(u32 *)(r6 +0); if r2 == ${i} goto +1; r7 += 1`)}; r0 = r7; exit`,
      "numbers that are not precise": `r6 = r1; ${times(10, (i) => `r2 = *(u32 *)(r6 +0); r3 = ${i}; if r2 > ${i} goto +1; r3 = ${i + 100}; r4 = r3`)}; r0 = 0; exit`,
    },
    {
      "a slot that is used differs":
        "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -8) = r1; if r2 == 0 goto a; *(u64 *)(r10 -8) = 1; a: r3 = *(u64 *)(r10 -8); r0 = *(u32 *)(r3 +0); exit",
      "a range that is used is wider": `r6 = *(u32 *)(r1 +0); r7 = *(u32 *)(r1 +4); r7 &= 63; if r6 == 0 goto +1; r7 += 1; ${value("array64")}r0 += r7; r1 = *(u8 *)(r0 +0)${OUT}`,
      "ids that differ": `${lookup("array64")}r6 = r0; ${lookup("array64")}r7 = r0; call bpf_get_prandom_u32; if r0 == 0 goto a; r7 = r6; a: if r7 == 0 goto out; r1 = *(u8 *)(r6 +0)${OUT}`,
      "a caller's register differs": `r6 = *(u32 *)(r1 +0); r7 = 1; if r6 == 0 goto +1; r7 = 64; call sub; ${value("array64")}r0 += r7; r1 = *(u8 *)(r0 +0)${OUT}; sub: r0 = 0; exit`,
    },
  )
  .rule(
    "partial spills",
    {
      "32 bits, filled as 32": mixed("r1 &= 63; *(u32 *)(r10 -16) = r1; r1 = *(u32 *)(r10 -16)"),
      "16 bits, filled as 16": mixed("r1 &= 63; *(u16 *)(r10 -16) = r1; r1 = *(u16 *)(r10 -16)"),
      "64 bits, filled as 8": mixed("r1 &= 63; *(u64 *)(r10 -16) = r1; r1 = *(u8 *)(r10 -16)"),
      "32 bits of a constant": mixed("*(u32 *)(r10 -16) = 7; r1 = *(u32 *)(r10 -16)"),
      "32 bits and zero above": mixed("r1 &= 63; *(u64 *)(r10 -16) = 0; *(u32 *)(r10 -16) = r1; r1 = *(u32 *)(r10 -16)"),

      "64 zero bits read as bytes": mixed("*(u64 *)(r10 -16) = 0; r1 = *(u8 *)(r10 -11)"),
    },
    {
      "32 bits of 64 unknown": mixed("*(u32 *)(r10 -16) = r1; r1 = *(u32 *)(r10 -16)"),
      "32 bits, filled as 64": mixed("r1 &= 63; *(u32 *)(r10 -16) = r1; r1 = *(u64 *)(r10 -16)"),
      "the upper half of a spill": mixed(
        "r1 &= 63; *(u64 *)(r10 -16) = r1; r1 = *(u32 *)(r10 -12); r1 += 1; r4 = 63; if r1 > r4 goto +0",
      ),
      "a byte written over": mixed("r1 &= 63; *(u64 *)(r10 -16) = r1; *(u8 *)(r10 -15) = 1; r1 = *(u64 *)(r10 -16)"),
      "cut when it was larger": mixed("r1 &= 255; *(u32 *)(r10 -16) = r1; r1 = *(u8 *)(r10 -16)"),
      "zero, as 32 bits above a spill": mixed("*(u64 *)(r10 -16) = 0; *(u32 *)(r10 -16) = r1; r1 = *(u32 *)(r10 -12)"),
    },
  );

deeper
  .rule(
    "memory of variable length",
    {
      "stack, masked": `r2 = *(u64 *)(r1 +8); r2 &= 63; r1 = r10; r1 += -64; r3 = 0; call bpf_probe_read_kernel${RETURN}`,
      "stack, by branches": `r2 = *(u64 *)(r1 +8); if r2 > 64 goto out; r1 = r10; r1 += -64; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "value, by branches": `r6 = *(u64 *)(r1 +8); ${value("array48")}r1 = r0; r2 = r6; if r2 > 48 goto out; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "value from inside": `${value("array48")}r1 = r0; r1 += 8; r2 = 40; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "value from a variable place": `r6 = *(u64 *)(r1 +8); ${value("array48")}r6 &= 15; r1 = r0; r1 += r6; r2 = 33; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "signed, both sides": `r2 = *(u64 *)(r1 +8); if r2 s> 64 goto out; if r2 s< 0 goto out; r1 = r10; r1 += -64; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "32 bits, signed, both sides": `r2 = *(u32 *)(r1 +8); if w2 s> 64 goto out; if w2 s< 0 goto out; r1 = r10; r1 += -64; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "stack trace length": `r6 = r1; r2 = r10; r2 += -64; r3 = 64; r4 = 0; call bpf_get_stack; if r0 s< 0 goto out; r2 = 64; r2 -= r0; r1 = r10; r1 += -128; r3 = 0; if r2 s< 0 goto out; call bpf_probe_read_kernel${OUT}`,

      "text from the kernel": `r1 = r10; r1 += -16; r2 = 16; r3 = 0; call bpf_probe_read_kernel_str${RETURN}`,
      "text's length as a length": `r1 = r10; r1 += -16; r2 = 16; r3 = 0; call bpf_probe_read_kernel_str; if r0 s< 0 goto out; if r0 > 16 goto out; r2 = r0; r1 = r10; r1 += -32; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "text's length is known": `r1 = r10; r1 += -16; r2 = 16; r3 = 0; call bpf_probe_read_kernel_str; if r0 s< 0 goto out; r2 = r0; r1 = r10; r1 += -16; r3 = 0; call bpf_probe_read_kernel${OUT}`,
    },
    {
      "stack, masked too wide": `r2 = *(u64 *)(r1 +8); r2 &= 127; r1 = r10; r1 += -64; r3 = 0; call bpf_probe_read_kernel${RETURN}`,
      "stack, one too many": `r2 = *(u64 *)(r1 +8); if r2 > 65 goto out; r1 = r10; r1 += -64; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "stack, no upper bound": `r2 = *(u64 *)(r1 +8); if r2 s< 0 goto out; r1 = r10; r1 += -64; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "value, one too many": `r6 = *(u64 *)(r1 +8); ${value("array48")}r1 = r0; r2 = r6; if r2 > 49 goto out; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "value from inside, one too many": `${value("array48")}r1 = r0; r1 += 8; r2 = 41; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "value from a variable place, one too many": `r6 = *(u64 *)(r1 +8); ${value("array48")}r6 &= 15; r1 = r0; r1 += r6; r2 = 34; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "of some length into null": `r1 = 0; r2 = 8; r3 = 0; call bpf_probe_read_kernel${RETURN}`,
      "a masked pointer": `r2 = r10; r2 &= 63; r1 = r10; r1 += -64; r3 = 0; call bpf_probe_read_kernel${RETURN}`,
      "stack trace length, unchecked": `r6 = r1; r2 = r10; r2 += -64; r3 = 64; r4 = 0; call bpf_get_stack; r2 = r0; r1 = r10; r1 += -128; r3 = 0; call bpf_probe_read_kernel${RETURN}`,
      "a length of another path": `r2 = *(u64 *)(r1 +8); r6 = *(u64 *)(r1 +16); if r6 == 0 goto a; if r2 > 64 goto out; a: r1 = r10; r1 += -64; r3 = 0; call bpf_probe_read_kernel${OUT}`,
      "of no length into null": `r1 = 0; r2 = 0; r3 = 0; call bpf_probe_read_kernel${RETURN}`,
    },
    { type: "tracepoint" },
  )
  .rule(
    "results in memory",
    {
      "an aligned u32": `r2 = 0; *(u32 *)(r10 -4) = 0; r3 = r10; r3 += -4; r4 = 0; r5 = 0; call bpf_check_mtu${RETURN}`,
      "in a value": `r6 = r1; ${value("array48")}r3 = r0; r1 = r6; r2 = 0; r4 = 0; r5 = 0; call bpf_check_mtu${OUT}`,
      "not set before": `r2 = 0; r3 = r10; r3 += -4; r4 = 0; r5 = 0; call bpf_check_mtu${RETURN}`,
      "a route": `${times(8, (i) => `*(u64 *)(r10 ${-8 * (i + 1)}) = 0`)}; r2 = r10; r2 += -64; r3 = 64; r4 = 0; call bpf_fib_lookup${RETURN}`,
    },
    {
      misaligned: `r2 = 0; *(u64 *)(r10 -8) = 0; r3 = r10; r3 += -6; r4 = 0; r5 = 0; call bpf_check_mtu${RETURN}`,
      "beyond the stack": `r2 = 0; r3 = r10; r3 += -2; r4 = 0; r5 = 0; call bpf_check_mtu${RETURN}`,
      null: `r2 = 0; r3 = 0; r4 = 0; r5 = 0; call bpf_check_mtu${RETURN}`,
      "in constants": `r2 = 0; r3 = value constants; r4 = 0; r5 = 0; call bpf_check_mtu${RETURN}`,
      "the context": `r2 = 0; r3 = r1; r4 = 0; r5 = 0; call bpf_check_mtu${RETURN}`,
      "a route of a wrong size": `${times(8, (i) => `*(u64 *)(r10 ${-8 * (i + 1)}) = 0`)}; r2 = r10; r2 += -64; r3 = 65; r4 = 0; call bpf_fib_lookup${RETURN}`,
    },
    { type: "sched_cls" },
  )
  .rule(
    "stacks of tracing programs",
    {
      "512 and 512 (private stacks, 6.13)":
        "*(u64 *)(r10 -512) = 0; call sub; r0 = 0; exit; sub: *(u64 *)(r10 -512) = 0; r0 = 0; exit",
      "300 and 300": "*(u64 *)(r10 -304) = 0; call sub; r0 = 0; exit; sub: *(u64 *)(r10 -304) = 0; r0 = 0; exit",
      small: "*(u64 *)(r10 -64) = 0; call sub; r0 = 0; exit; sub: *(u64 *)(r10 -64) = 0; r0 = 0; exit",
      "in callbacks":
        "*(u64 *)(r10 -304) = 0; r1 = 5; r2 = func each; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit; each: *(u64 *)(r10 -304) = 0; r0 = 0; exit",
    },
    {
      "520 in one": "*(u64 *)(r10 -520) = 0; r0 = 0; exit",
    },
    { type: "kprobe" },
  )
  .rule(
    "stacks of many functions in tracing",
    {
      "five of 200 (private stacks, 6.13)": `*(u64 *)(r10 -200) = 0; call f1; r0 = 0; exit; ${times(4, (i) => (i === 3 ? "f4: *(u64 *)(r10 -200) = 0; r0 = 0; exit" : `f${i + 1}: *(u64 *)(r10 -200) = 0; call f${i + 2}; exit`))}`,
    },
    {},
    { type: "kprobe" },
  )
  .rule(
    "spills around quick calls",
    {
      "a pattern that needs no stack":
        "r6 = r1; *(u64 *)(r10 -8) = r6; call bpf_get_smp_processor_id; r6 = *(u64 *)(r10 -8); r0 = 0; exit",
      "r1 comes back": "*(u64 *)(r10 -8) = r1; call bpf_get_smp_processor_id; r1 = *(u64 *)(r10 -8); r0 = *(u32 *)(r1 +0); exit",
      "at the very end of the stack":
        "*(u64 *)(r10 -512) = 1; *(u64 *)(r10 -504) = r1; call bpf_get_smp_processor_id; r1 = *(u64 *)(r10 -504); r0 = 0; exit",
    },
    {
      "below the end without a call": "*(u64 *)(r10 -520) = r1; r1 = *(u64 *)(r10 -520); r0 = 0; exit",
      "below the end with another call": "*(u64 *)(r10 -520) = r1; call bpf_ktime_get_ns; r1 = *(u64 *)(r10 -520); r0 = 0; exit",
      "below the end and used elsewhere":
        "*(u64 *)(r10 -520) = r1; call bpf_get_smp_processor_id; r1 = *(u64 *)(r10 -520); r2 = *(u64 *)(r10 -520); r0 = 0; exit",
      "below the end of the stack (6.12)":
        "*(u64 *)(r10 -512) = 1; *(u64 *)(r10 -520) = r1; call bpf_get_smp_processor_id; r1 = *(u64 *)(r10 -520); r0 = 0; exit",
    },
  )
  .rule(
    "sock maps from programs",
    {},
    {
      "updated by a filter": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r3 = r2; r4 = 0; r1 = map sockets; call bpf_map_update_elem${RETURN}`,
    },
    { type: "kprobe" },
  )
  .rule(
    "sock maps from packets",
    {
      "a socket put in": `*(u32 *)(r10 -4) = 0; r3 = *(u64 *)(r1 +168); if r3 == 0 goto out; r2 = r10; r2 += -4; r4 = 0; r1 = map sockets; call bpf_map_update_elem${OUT}`,
      "a socket taken out": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map sockets; call bpf_map_delete_elem${RETURN}`,
    },
    {
      "the stack put in": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r3 = r2; r4 = 0; r1 = map sockets; call bpf_map_update_elem${RETURN}`,
      "maybe no socket": `*(u32 *)(r10 -4) = 0; r3 = *(u64 *)(r1 +168); r2 = r10; r2 += -4; r4 = 0; r1 = map sockets; call bpf_map_update_elem${RETURN}`,
    },
    { type: "sched_cls" },
  );

deeper.rule(
  "null by comparison with packets",
  {
    "equal to a packet": `r7 = *(u32 *)(r1 +76); ${lookup("array64")}if r0 != r7 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
    "equal to its end": `r7 = *(u32 *)(r1 +80); ${lookup("array64")}if r0 != r7 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
    "equal to a socket that is there": `r7 = *(u64 *)(r1 +168); if r7 == 0 goto out; *(u64 *)(r10 -16) = r7; ${lookup("array64")}r7 = *(u64 *)(r10 -16); if r0 != r7 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
    "a socket equal to the stack": `r7 = *(u64 *)(r1 +168); if r7 != r10 goto out; r3 = *(u32 *)(r7 +4)${OUT}`,
  },
  {
    "equal to a socket that may be null": `r7 = *(u64 *)(r1 +168); ${lookup("array64")}if r0 != r7 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
    "a kernel struct": `r7 = r1; call kfunc bpf_cast_to_kern_ctx; r7 = r0; ${lookup("array64")}if r0 != r7 goto out; r3 = *(u8 *)(r0 +0)${OUT}`,
  },
  { type: "sched_cls" },
);

const COPIES = `r6 = *(u32 *)(r1 +0); ${value("array64")}${[1, 2, 3, 4, 5, 7, 8, 9].map((i) => `r${i} = r6`).join("; ")}; `;
deeper.rule(
  "many linked numbers",
  {
    "the fourth": `${COPIES}if r1 > 63 goto out; r0 += r4; r3 = *(u8 *)(r0 +0)${OUT}`,
    "the last, the others dead (6.18)": `${COPIES}if r1 > 63 goto out; r0 += r9; r3 = *(u8 *)(r0 +0)${OUT}`,
    "six live": `${COPIES}if r1 > 63 goto out; r0 += r5; r3 = *(u8 *)(r0 +0); r1 += r2; r1 += r3; r1 += r4; r1 += r6${OUT}`,
  },
  {
    "the last of eight that live": `${COPIES}if r1 > 63 goto out; r0 += r9; r3 = *(u8 *)(r0 +0); r1 += r2; r1 += r4; r1 += r5; r1 += r6; r1 += r7; r1 += r8${OUT}`,
  },
);

/** Arithmetic and comparison of pointers, stack, spills, context, map values. */

import { Rules } from "../case.ts";
import { lookup, OUT, times, value, value8 } from "./text.ts";

export const pointers = new Rules("core");

const RETURN = "; r0 = 0; exit";
/** r0 is the value of the only key of an array. */
const CONSTANT_KEY = "*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map array48; call bpf_map_lookup_elem; ";
const unknown = "r3 = *(u32 *)(r1 +0); ";

pointers
  .rule(
    "pointer arithmetic",
    {
      "stack and constant": `r2 = r10; r2 += -8; *(u64 *)(r2 +0) = 1${RETURN}`,

      "constant and stack": `r2 = -8; r2 += r10; *(u64 *)(r2 +0) = 1${RETURN}`,
      "the difference of two": `r2 = r10; r3 = r10; r3 += -8; r2 -= r3${RETURN}`,
      "32 bits of a pointer": `w2 = w10${RETURN}`,
      "pointer sign-extended from 8 bits": `r2 = (s8)r10${RETURN}`,
    },
    {
      "32-bit addition": `r2 = r10; w2 += 1; *(u64 *)(r2 +0) = 1${RETURN}`,
      "sum of two": `r2 = r10; r2 += r10; *(u64 *)(r2 +0) = 1${RETURN}`,
      multiplied: `r2 = r10; r2 *= 2; *(u64 *)(r2 +0) = 1${RETURN}`,
      shifted: `r2 = r10; r2 <<= 1; *(u64 *)(r2 +0) = 1${RETURN}`,
      negated: `r2 = r10; r2 = -r2; *(u64 *)(r2 +0) = 1${RETURN}`,
      swapped: `r2 = r10; r2 = be64 r2; *(u64 *)(r2 +0) = 1${RETURN}`,
      "and used": `r2 = r10; r2 &= -8; *(u64 *)(r2 +0) = 1${RETURN}`,
      "or used": `r2 = r10; r2 |= 8; *(u64 *)(r2 +0) = 1${RETURN}`,
      "xor used": `r2 = r10; r2 ^= 8; *(u64 *)(r2 +0) = 1${RETURN}`,
      divided: `r2 = r10; r2 /= 8; *(u64 *)(r2 +0) = 1${RETURN}`,
      rest: `r2 = r10; r2 %= 8; *(u64 *)(r2 +0) = 1${RETURN}`,
      "number minus stack": `r2 = 8; r2 -= r10; *(u64 *)(r2 +0) = 1${RETURN}`,
      "unknown subtracted from the stack": `${unknown}r3 &= 8; r2 = r10; r2 -= r3; *(u64 *)(r2 +0) = 1${RETURN}`,
      "32-bit copy used": `w2 = w10; *(u64 *)(r2 -8) = 1${RETURN}`,
      "sign-extended copy": `r2 = (s32)r10; *(u64 *)(r2 -8) = 1${RETURN}`,

      "offset too large": `r2 = r10; r2 += 536870912${RETURN}`,
      "offset too large, from a register": `r2 = r10; r3 = 0x20000000 ll; r2 += r3${RETURN}`,
      "offset far below": `r2 = r10; r2 += -536870913${RETURN}`,
      "the difference used": `r2 = r10; r3 = r10; r2 -= r3; *(u64 *)(r2 -8) = 1${RETURN}`,
      "subtraction of a constant": `r2 = r10; r2 -= 8; *(u64 *)(r2 +0) = 1${RETURN}`,
      "and, to a number": `r2 = r10; r2 &= 7${RETURN}`,
    },
  )
  .rule(
    "pointer comparison",
    {
      "with null": `r2 = r10; if r2 == 0 goto +0${RETURN}`,
      "with itself": `r2 = r10; if r2 == r10 goto +0${RETURN}`,
      "with a number": `if r1 == 5 goto +0${RETURN}`,
      "greater than a number": `r2 = 5; if r1 > r2 goto +0${RETURN}`,
      "in 32 bits": `if w1 == 5 goto +0${RETURN}`,
      "of two kinds": `if r1 == r10 goto +0${RETURN}`,
    },
    { "of nothing": `if r2 == 0 goto +0${RETURN}`, "with nothing": `if r1 == r2 goto +0${RETURN}` },
  )
  .rule(
    "stack bounds",
    {
      "lowest byte": `*(u8 *)(r10 -512) = 1${RETURN}`,
      "highest byte": `*(u8 *)(r10 -1) = 1${RETURN}`,
      "lowest word": `*(u64 *)(r10 -512) = 1${RETURN}`,
      "through a copy": `r2 = r10; r2 += -512; *(u64 *)(r2 +504) = 1${RETURN}`,
    },
    {
      "one below": `*(u8 *)(r10 -513) = 1${RETURN}`,
      "word one byte below": `*(u64 *)(r10 -520) = 1${RETURN}`,
      "at the frame pointer": `*(u8 *)(r10 +0) = 1${RETURN}`,
      above: `*(u64 *)(r10 +8) = 1${RETURN}`,
      "reading at the frame pointer": `r2 = *(u64 *)(r10 +0)${RETURN}`,
      "far below": `*(u64 *)(r10 -32768) = 1${RETURN}`,
      "half beyond the top": `*(u64 *)(r10 -4) = 1${RETURN}`,
    },
  )
  .rule(
    "stack alignment",
    {
      "8 at -8": `*(u64 *)(r10 -8) = 1${RETURN}`,
      "4 at -4": `*(u32 *)(r10 -4) = 1${RETURN}`,
      "2 at -2": `*(u16 *)(r10 -2) = 1${RETURN}`,
    },
    {
      "8 at -12": `*(u64 *)(r10 -12) = 1${RETURN}`,
      "4 at -6": `*(u32 *)(r10 -6) = 1${RETURN}`,
      "2 at -3": `*(u16 *)(r10 -3) = 1${RETURN}`,
      "8 at -9": `*(u64 *)(r10 -9) = 1${RETURN}`,
      "load of 8 at -12": `*(u64 *)(r10 -8) = 1; *(u64 *)(r10 -16) = 1; r2 = *(u64 *)(r10 -12)${RETURN}`,
    },
  )
  .rule(
    "uninitialised stack",
    {
      written: `*(u64 *)(r10 -8) = 1; r0 = *(u64 *)(r10 -8); exit`,
      "a part of it": `*(u64 *)(r10 -8) = 1; r0 = *(u8 *)(r10 -3); exit`,
      "in pieces": `*(u32 *)(r10 -8) = 1; *(u32 *)(r10 -4) = 1; r0 = *(u64 *)(r10 -8); exit`,
      "never written (privileged)": "r0 = *(u64 *)(r10 -8); exit",
      "half written (privileged)": "*(u32 *)(r10 -8) = 1; r0 = *(u64 *)(r10 -8); exit",
      "as a key (privileged)": `r2 = r10; r2 += -4; r1 = map array8; call bpf_map_lookup_elem${RETURN}`,
    },
    {},
  )
  .rule(
    "spills",
    {
      "a pointer comes back": "*(u64 *)(r10 -8) = r1; r2 = *(u64 *)(r10 -8); r0 = *(u32 *)(r2 +0); exit",
      "a number comes back": `r3 = 7; *(u64 *)(r10 -8) = r3; r4 = *(u64 *)(r10 -8); r4 -= 15; r4 += r10; *(u64 *)(r4 +0) = 1${RETURN}`,
      "half of a number": `${unknown}*(u32 *)(r10 -8) = r3; r0 = *(u32 *)(r10 -8); exit`,
      "overwritten by a number": "*(u64 *)(r10 -8) = r1; *(u64 *)(r10 -8) = 0; r0 = *(u64 *)(r10 -8); exit",
      "byte of a spilled number": `r3 = 7; *(u64 *)(r10 -8) = r3; r0 = *(u8 *)(r10 -8); exit`,

      "the frame pointer": `*(u64 *)(r10 -8) = r10; r2 = *(u64 *)(r10 -8); *(u64 *)(r2 -16) = 1${RETURN}`,
    },
    {
      "pointer in 32 bits": `*(u32 *)(r10 -8) = r1${RETURN}`,
      "pointer in 16 bits": `*(u16 *)(r10 -8) = r1${RETURN}`,
      "overwritten by a byte": "*(u64 *)(r10 -8) = r1; *(u8 *)(r10 -8) = 0; r2 = *(u64 *)(r10 -8); r0 = *(u32 *)(r2 +0); exit",
      "half of a pointer": "*(u64 *)(r10 -8) = r1; r2 = *(u32 *)(r10 -8); r0 = *(u32 *)(r2 +0); exit",
      "overwritten pointer used":
        "*(u64 *)(r10 -8) = r1; *(u64 *)(r10 -8) = 0; r2 = *(u64 *)(r10 -8); r0 = *(u32 *)(r2 +0); exit",
      "the wrong slot": "*(u64 *)(r10 -8) = r1; *(u64 *)(r10 -16) = 1; r2 = *(u64 *)(r10 -16); r0 = *(u32 *)(r2 +0); exit",
      "atomic on a spilled pointer": `*(u64 *)(r10 -8) = r1; r2 = 1; lock *(u64 *)(r10 -8) += r2; r2 = *(u64 *)(r10 -8); r0 = *(u32 *)(r2 +0); exit`,
      "byte of a pointer (privileged)": "*(u64 *)(r10 -8) = r1; r0 = *(u8 *)(r10 -8); exit",
    },
  )
  .rule(
    "variable stack offsets",
    {
      "in range": `${unknown}r3 &= 7; r3 -= 16; r3 += r10; *(u8 *)(r3 +0) = 1${RETURN}`,
      "read in range": `*(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; ${unknown}r3 &= 7; r3 -= 16; r3 += r10; r0 = *(u8 *)(r3 +0); exit`,

      "aligned words": `${unknown}r3 &= 8; r3 -= 16; r3 += r10; *(u64 *)(r3 +0) = 1${RETURN}`,
      "passed to a helper": `*(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; ${unknown}r3 &= 8; r3 -= 16; r2 = r10; r2 += r3; r1 = map array8; call bpf_map_lookup_elem${RETURN}`,
    },
    {
      below: `${unknown}r3 &= 7; r3 -= 516; r3 += r10; *(u8 *)(r3 +0) = 1${RETURN}`,
      above: `${unknown}r3 &= 15; r3 -= 8; r3 += r10; *(u8 *)(r3 +0) = 1${RETURN}`,
      unbounded: `${unknown}r3 += r10; *(u8 *)(r3 +0) = 1${RETURN}`,
      signed: `call bpf_ktime_get_ns; r3 = r0; if r3 s> -8 goto +2; r3 += r10; *(u8 *)(r3 +0) = 1${RETURN}`,
      "unaligned words": `${unknown}r3 &= 15; r3 -= 24; r3 += r10; *(u64 *)(r3 +0) = 1${RETURN}`,
      "spilled pointer lost": `*(u64 *)(r10 -8) = r1; ${unknown}r3 &= 8; r3 -= 16; r3 += r10; *(u8 *)(r3 +0) = 1; r2 = *(u64 *)(r10 -8); r0 = *(u32 *)(r2 +0); exit`,
      "passed to a helper, beyond": `${unknown}r3 &= 15; r3 -= 8; r2 = r10; r2 += r3; r1 = map array8; call bpf_map_lookup_elem${RETURN}`,
      "read of zeroes is zero": `*(u64 *)(r10 -16) = 0; *(u64 *)(r10 -8) = 0; ${unknown}r3 &= 7; r3 -= 16; r3 += r10; r4 = *(u8 *)(r3 +0); if r4 == 0 goto +1; r0 = r9${RETURN}`,
    },
  )
  .rule(
    "context",
    {
      "a word": "r0 = *(u32 *)(r1 +0); exit",
      "a byte of it": "r0 = *(u8 *)(r1 +0); exit",
      "through a copy": "r2 = r1; r0 = *(u32 *)(r2 +4); exit",
      "a field that is written": `r2 = 1; *(u32 *)(r1 +48) = r2${RETURN}`,
      "an immediate": `*(u32 *)(r1 +48) = 1${RETURN}`,
      "offset added and taken away": "r1 += 4; r1 += -4; r0 = *(u32 *)(r1 +0); exit",
      "a part of a field that is written": `r2 = 1; *(u8 *)(r1 +48) = r2${RETURN}`,
      "a pointer stored": `*(u64 *)(r1 +48) = r1${RETURN}`,
    },
    {
      "beyond its end": "r0 = *(u32 *)(r1 +4096); exit",
      "before its start": "r0 = *(u32 *)(r1 -4); exit",
      "across fields": "r0 = *(u64 *)(r1 +0); exit",
      misaligned: "r0 = *(u32 *)(r1 +2); exit",
      "a field that is only read": `r2 = 1; *(u32 *)(r1 +0) = r2${RETURN}`,

      "a changed pointer": "r1 += 4; r0 = *(u32 *)(r1 +0); exit",
      "a variable offset": "r2 = *(u32 *)(r1 +0); r2 &= 4; r1 += r2; r0 = *(u32 *)(r1 +0); exit",
      atomic: `r2 = 1; lock *(u32 *)(r1 +48) += r2${RETURN}`,

      "packet data of a filter": "r0 = *(u32 *)(r1 +76); exit",
    },
  )
  .rule(
    "map values",
    {
      "first word": `${value("array48")}r1 = *(u64 *)(r0 +0)${OUT}`,
      "last word": `${value("array48")}r1 = *(u64 *)(r0 +40)${OUT}`,
      written: `${value("array48")}*(u64 *)(r0 +40) = 1${OUT}`,
      "of a hash": `${value8("hash48")}r1 = *(u64 *)(r0 +40)${OUT}`,
      "checked with not equal": `${lookup("array48")}if r0 != 0 goto in; goto out; in: r1 = *(u64 *)(r0 +0)${OUT}`,
      "checked in a copy": `${lookup("array48")}r6 = r0; if r6 == 0 goto out; r1 = *(u64 *)(r0 +0)${OUT}`,
      "spilled before the check": `${lookup("array48")}*(u64 *)(r10 -16) = r0; if r0 == 0 goto out; r1 = *(u64 *)(r10 -16); r1 = *(u64 *)(r1 +0)${OUT}`,
      "key of another value": `${value("array48")}r2 = r0; r1 = map array48; call bpf_map_lookup_elem${OUT}`,
      unaligned: `${value("array48")}r1 = *(u32 *)(r0 +4)${OUT}`,
      misaligned: `${value("array48")}r1 = *(u64 *)(r0 +4)${OUT}`,
    },
    {
      "not checked": `${lookup("array48")}r1 = *(u64 *)(r0 +0)${OUT}`,
      "checked the wrong way": `${lookup("array48")}if r0 != 0 goto out; r1 = *(u64 *)(r0 +0)${OUT}`,
      "one byte beyond": `${value("array48")}r1 = *(u8 *)(r0 +48)${OUT}`,
      "word across the end": `${value("array48")}r1 = *(u64 *)(r0 +44)${OUT}`,
      before: `${value("array48")}r1 = *(u8 *)(r0 -1)${OUT}`,
      "another lookup's check": `${lookup("array48")}r6 = r0; ${lookup("array48")}if r0 == 0 goto out; r1 = *(u64 *)(r6 +0)${OUT}`,
      "arithmetic before the check": `${lookup("array48")}r0 += 8; if r0 == 0 goto out; r1 = *(u64 *)(r0 +0)${OUT}`,
      "checked for another number": `${lookup("array48")}if r0 == 1 goto out; r1 = *(u64 *)(r0 +0)${OUT}`,
      "checked in 32 bits": `${lookup("array48")}if w0 == 0 goto out; r1 = *(u64 *)(r0 +0)${OUT}`,
      "checked as greater": `${lookup("array48")}if r0 > 0 goto in; goto out; in: r1 = *(u64 *)(r0 +0)${OUT}`,

      "negative variable offset": `r6 = r1; ${value("array48")}r1 = *(u32 *)(r6 +0); r1 &= 7; r1 -= 4; r0 += r1; r1 = *(u8 *)(r0 +0)${OUT}`,
      "variable offset and fixed beyond": `r6 = r1; ${value("array48")}r1 = *(u32 *)(r6 +0); r1 &= 31; r0 += r1; r1 = *(u8 *)(r0 +17)${OUT}`,
      "unknown subtracted": `r6 = r1; ${value("array48")}r1 = *(u32 *)(r6 +0); r1 &= 7; r0 -= r1; r1 = *(u8 *)(r0 +0)${OUT}`,
      "64 unknown bits added": `call bpf_ktime_get_ns; r6 = r0; ${value("array48")}r0 += r6; r1 = *(u8 *)(r0 +0)${OUT}`,
      "compared with zero in a register": `${lookup("array48")}r1 = 0; if r0 == r1 goto out; r1 = *(u64 *)(r0 +0)${OUT}`,
    },
  )
  .rule(
    "constant keys",
    {
      "in range: never null (6.15)": `${CONSTANT_KEY}r1 = *(u64 *)(r0 +0)${RETURN}`,
      "checked all the same": `${CONSTANT_KEY}if r0 == 0 goto +1; r1 = *(u64 *)(r0 +0)${RETURN}`,
      "the other branch is never walked (6.15)": `${CONSTANT_KEY}if r0 != 0 goto +1; r0 = r9${RETURN}`,

      "from a register": `r1 = 0; *(u32 *)(r10 -4) = r1; r2 = r10; r2 += -4; r1 = map array48; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0)${RETURN}`,
      "of a per-CPU array": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map percpu_array; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0)${RETURN}`,
      "of 64 bits": `*(u64 *)(r10 -8) = 0; r2 = r10; r2 += -4; r1 = map array48; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0)${RETURN}`,
    },
    {
      "one too large": `*(u32 *)(r10 -4) = 1; r2 = r10; r2 += -4; r1 = map array48; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0)${RETURN}`,
      "of a hash": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map key4; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0)${RETURN}`,
      "in two halves": `*(u16 *)(r10 -4) = 1; *(u16 *)(r10 -2) = 0; r2 = r10; r2 += -4; r1 = map array48; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0)${RETURN}`,
      negative: `*(u32 *)(r10 -4) = -1; r2 = r10; r2 += -4; r1 = map array48; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0)${RETURN}`,
      "in a value": `r2 = value array4; r1 = map array48; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0)${RETURN}`,
      "of four, the last": `*(u32 *)(r10 -4) = 3; r2 = r10; r2 += -4; r1 = map four; call bpf_map_lookup_elem; r1 = *(u64 *)(r0 +0)${RETURN}`,
    },
  )
  .rule(
    "map values by address",
    {
      "first word": `r1 = value array48; r0 = *(u64 *)(r1 +0)${OUT.replace("out: ", "")}`,
      inside: `r1 = value array48 +40; r2 = *(u64 *)(r1 +0)${RETURN}`,
      "back from inside": `r1 = value array48 +40; r2 = *(u64 *)(r1 -40)${RETURN}`,
      written: `r1 = value array48; *(u64 *)(r1 +8) = 7${RETURN}`,
    },
    {
      beyond: `r1 = value array48 +40; r2 = *(u64 *)(r1 +8)${RETURN}`,
      "offset at the end": `r1 = value array48 +48; r2 = *(u8 *)(r1 -8)${RETURN}`,
      "of a hash": `r1 = value hash8; r2 = *(u64 *)(r1 +0)${RETURN}`,
      "of a per-CPU array": `r1 = value percpu_array; r2 = *(u64 *)(r1 +0)${RETURN}`,
      "of an offset that is too large": `r1 = value array48 +536870912; r2 = *(u64 *)(r1 +0)${RETURN}`,
      before: `r1 = value array48; r2 = *(u64 *)(r1 -8)${RETURN}`,
    },
  )
  .rule(
    "constants",
    {
      "known bits": `r1 = value constants; r2 = *(u8 *)(r1 +0); if r2 == 1 goto +1; r0 = r9${RETURN}`,
      "as index": `r1 = value constants; r2 = *(u32 *)(r1 +4); r3 = value array48; r3 += r2; r2 = *(u8 *)(r3 +0)${RETURN}`,
      "read from a map that is not frozen": `r1 = value readonly; r2 = *(u64 *)(r1 +0)${RETURN}`,
      "write-only map written": `r1 = value writeonly; *(u64 *)(r1 +0) = 1${RETURN}`,
      "write-only map through a helper": `${lookup("writeonly")}r0 = 0; exit`,
      "misaligned constant": `r1 = value constants; r2 = *(u32 *)(r1 +2)${RETURN}`,
    },
    {
      written: `r1 = value constants; *(u64 *)(r1 +0) = 1${RETURN}`,
      "not frozen, not known": `r1 = value readonly; r2 = *(u8 *)(r1 +0); if r2 == 0 goto +1; r0 = r9${RETURN}`,
      "read-only map written": `r1 = value readonly; *(u64 *)(r1 +0) = 1${RETURN}`,
      "write-only map read": `r1 = value writeonly; r2 = *(u64 *)(r1 +0)${RETURN}`,
      "read-only map through a helper": `*(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r3 = value array48; r4 = 0; r1 = map readonly; call bpf_map_update_elem${RETURN}`,
    },
  )
  .rule(
    "map pointers",
    {
      "compared with null": `r1 = map array8; if r1 == 0 goto +0${RETURN}`,
      "a field of the map": `r1 = map array8; r0 = *(u32 *)(r1 +24); r0 = 0; exit`,
      spilled: `r1 = map array48; *(u64 *)(r10 -16) = r1; *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = *(u64 *)(r10 -16); call bpf_map_lookup_elem${RETURN}`,
    },
    {
      written: `r1 = map array8; *(u64 *)(r1 +0) = 1${RETURN}`,
      arithmetic: `r1 = map array8; r1 += 8${RETURN}`,
      "before its start": `r1 = map array8; r0 = *(u32 *)(r1 -4)${RETURN}`,
      variable: `r3 = *(u32 *)(r1 +0); r3 &= 8; r1 = map array8; r1 += r3${RETURN}`,
      "the wrong argument": `r1 = map array8; r2 = map array8; call bpf_map_lookup_elem${RETURN}`,
      "beyond its end": `r1 = map array8; r0 = *(u64 *)(r1 +4096)${RETURN}`,
    },
  )
  .rule(
    "one instruction, two kinds of pointers",
    {
      "both stack and value": `r6 = r1; ${value("array48")}r7 = *(u32 *)(r6 +0); *(u64 *)(r10 -16) = 0; r1 = r0; if r7 == 0 goto a; r1 = r10; r1 += -16; a: r2 = *(u64 *)(r1 +0)${OUT}`,
    },
    {
      "context and stack": `*(u64 *)(r10 -8) = 0; r2 = *(u32 *)(r1 +0); if r2 == 0 goto a; r1 = r10; r1 += -8; a: r0 = *(u32 *)(r1 +0); exit`,
      "context and value": `r6 = r1; ${value("array48")}r7 = *(u32 *)(r6 +0); r1 = r0; if r7 == 0 goto a; r1 = r6; a: r2 = *(u32 *)(r1 +0)${OUT}`,
      "stores to both": `r6 = r1; ${value("array48")}r7 = *(u32 *)(r6 +0); r1 = r0; if r7 == 0 goto a; r1 = r6; a: *(u32 *)(r1 +48) = 1${OUT}`,
    },
  )
  .rule(
    "strict alignment",
    {
      aligned: `r1 = value array48 +8; r2 = *(u64 *)(r1 +0)${RETURN}`,
      "stack aligned": `*(u32 *)(r10 -4) = 1${RETURN}`,
    },
    {
      "value misaligned": `r1 = value array48 +4; r2 = *(u64 *)(r1 +0)${RETURN}`,
      "variable offset": `r3 = *(u32 *)(r1 +0); r3 &= 7; r1 = value array48; r1 += r3; r2 = *(u32 *)(r1 +0)${RETURN}`,
    },
    { flags: 1 },
  )
  .rule(
    "all of the stack",
    { "64 slots": `${times(64, (i) => `*(u64 *)(r10 ${-8 * (i + 1)}) = ${i}`)}; r0 = *(u64 *)(r10 -512); exit` },
    {},
  );

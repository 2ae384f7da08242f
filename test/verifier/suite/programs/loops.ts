/** Loops: walked until they end, or until a state comes again. */

import { Rules } from "../case.ts";
import { OUT, times, value } from "./text.ts";

export const loops = new Rules("loops");

loops
  .rule(
    "bounded",
    {
      "ten times": "r0 = 0; a: r0 += 1; if r0 < 10 goto a; exit",
      downwards: "r0 = 10; a: r0 += -1; if r0 != 0 goto a; exit",
      "downwards, signed": "r0 = 10; a: r0 += -1; if r0 s> 0 goto a; exit",
      "by two": "r0 = 0; a: r0 += 2; if r0 < 100 goto a; exit",
      "32 bits": "w0 = 0; a: w0 += 1; if w0 < 10 goto a; exit",
      "a thousand times": "r0 = 0; a: r0 += 1; if r0 < 1000 goto a; exit",
      nested: "r6 = 0; a: r7 = 0; b: r7 += 1; if r7 < 5 goto b; r6 += 1; if r6 < 5 goto a; r0 = 0; exit",
      "bound in a register": "r1 = 10; r0 = 0; a: r0 += 1; if r0 < r1 goto a; exit",
      "counter on the stack":
        "r1 = 0; *(u64 *)(r10 -8) = r1; a: r1 = *(u64 *)(r10 -8); r1 += 1; *(u64 *)(r10 -8) = r1; if r1 < 10 goto a; r0 = 0; exit",
      "unknown bound with a limit": "r1 = *(u32 *)(r1 +0); r1 &= 15; r0 = 0; a: if r0 >= r1 goto b; r0 += 1; goto a; b: exit",
      doubling: "r0 = 1; a: r0 <<= 1; if r0 < 1000 goto a; exit",
      halving: "r0 = 1000; a: r0 >>= 1; if r0 != 0 goto a; exit",
      "with an unknown branch inside":
        "r6 = r1; r0 = 0; a: r2 = *(u32 *)(r6 +0); if r2 == 5 goto b; r0 += 1; if r0 < 10 goto a; b: r0 = 0; exit",
      "filling a value": `${value("array64")}r1 = 0; a: r2 = r0; r2 += r1; *(u8 *)(r2 +0) = 1; r1 += 1; if r1 < 64 goto a${OUT}`,
      "filling the stack":
        "r1 = 0; a: r2 = r10; r2 += -64; r2 += r1; *(u8 *)(r2 +0) = 0; r1 += 1; if r1 < 64 goto a; r0 = *(u8 *)(r10 -64); exit",
      "with calls": "r6 = 0; a: r1 = r6; call sub; r6 += 1; if r6 < 10 goto a; r0 = 0; exit; sub: r0 = r1; exit",
      "left early":
        "r6 = r1; r7 = 0; a: call bpf_get_prandom_u32; if r0 == 0 goto b; r7 += 1; if r7 < 20 goto a; b: r0 = 0; exit",
      "exits in the middle": "r0 = 0; a: if r0 == 10 goto b; r0 += 1; goto a; b: exit",
      "equal to": "r0 = 0; a: r0 += 1; if r0 == 10 goto b; goto a; b: exit",
      "two counters": "r1 = 0; r2 = 20; a: r1 += 1; r2 += -1; if r1 < r2 goto a; r0 = 0; exit",
    },
    {
      never: "r0 = 0; a: r0 += 1; goto a; exit",
      "for ever with an exit that is not taken": "r0 = 0; a: r1 = 0; if r1 == 1 goto b; goto a; b: exit",
      "a random number": "a: call bpf_get_prandom_u32; if r0 != 0 goto a; exit",
      "a counter that is reset": "r0 = 0; a: r0 = 0; r0 += 1; if r0 < 10 goto a; exit",
      "a counter in a value": `${value("array48")}r6 = r0; a: r1 = *(u64 *)(r6 +0); r1 += 1; *(u64 *)(r6 +0) = r1; if r1 < 10 goto a${OUT}`,
      "one byte beyond a value": `${value("array64")}r1 = 0; a: r2 = r0; r2 += r1; *(u8 *)(r2 +0) = 1; r1 += 1; if r1 < 65 goto a${OUT}`,
      "beyond the stack":
        "r1 = 0; a: r2 = r10; r2 += -64; r2 += r1; *(u8 *)(r2 +0) = 0; r1 += 1; if r1 < 65 goto a; r0 = 0; exit",
      "two million times": "r0 = 0; a: r0 += 1; if r0 < 2000000 goto a; exit",
      "nested, a thousand by a thousand":
        "r6 = 0; a: r7 = 0; b: r7 += 1; if r7 < 1000 goto b; r6 += 1; if r6 < 1000 goto a; r0 = 0; exit",
      "an unknown condition": "r6 = r1; a: r0 = *(u32 *)(r6 +0); if r0 != 5 goto a; exit",
      swapping: "r1 = 0; r2 = 1; a: r3 = r1; r1 = r2; r2 = r3; if r1 != 5 goto a; r0 = 0; exit",
      "the bound moves away": "r1 = 10; r0 = 0; a: r0 += 1; r1 += 1; if r0 < r1 goto a; exit",
      "by zero": "r0 = 0; a: r0 += 0; if r0 < 10 goto a; exit",
      "over the end": "r0 = 0; a: r0 += 3; if r0 != 10 goto a; exit",
      "unset register in the last round": "r0 = 0; a: r0 += 1; if r0 == 9 goto b; if r0 < 10 goto a; exit; b: r0 = r5; exit",
    },
  )
  .rule(
    "branches",
    {
      "the same state comes together": `${times(20, () => "r2 = *(u32 *)(r1 +0); if r2 == 0 goto +1; r3 = 0; r3 = 1")}; r0 = 0; exit`,
      "different numbers that do not matter": "r2 = *(u32 *)(r1 +0); r3 = 1; if r2 == 0 goto +1; r3 = 2; r0 = 0; exit",
      "different numbers that matter, in range": `r6 = *(u32 *)(r1 +0); r7 = 1; if r6 == 0 goto +1; r7 = 2; ${value("array64")}r0 += r7; r1 = *(u8 *)(r0 +0)${OUT}`,
      "a register set on both paths": "r2 = *(u32 *)(r1 +0); if r2 == 0 goto a; r0 = 1; goto b; a: r0 = 2; b: exit",
    },
    {
      "different numbers that matter": `r6 = *(u32 *)(r1 +0); r7 = 1; if r6 == 0 goto +1; r7 = 64; ${value("array64")}r0 += r7; r1 = *(u8 *)(r0 +0)${OUT}`,
      "different numbers that matter, the other way": `r6 = *(u32 *)(r1 +0); r7 = 64; if r6 == 0 goto +1; r7 = 1; ${value("array64")}r0 += r7; r1 = *(u8 *)(r0 +0)${OUT}`,
      "a register set on one path": "r2 = *(u32 *)(r1 +0); if r2 == 0 goto a; r0 = 1; a: exit",
      "a pointer on one path": "r2 = *(u32 *)(r1 +0); r3 = 0; if r2 == 0 goto a; r3 = r1; a: r0 = *(u32 *)(r3 +0); exit",
      "a stack slot on one path":
        "r2 = *(u32 *)(r1 +0); *(u64 *)(r10 -8) = 0; if r2 == 0 goto a; *(u64 *)(r10 -8) = r1; a: r3 = *(u64 *)(r10 -8); r0 = *(u32 *)(r3 +0); exit",
      "precision through the stack": `r6 = *(u32 *)(r1 +0); r7 = 1; if r6 == 0 goto +1; r7 = 64; *(u64 *)(r10 -16) = r7; ${value("array64")}r7 = *(u64 *)(r10 -16); r0 += r7; r1 = *(u8 *)(r0 +0)${OUT}`,
      "precision through arithmetic": `r6 = *(u32 *)(r1 +0); r7 = 1; if r6 == 0 goto +1; r7 = 32; ${value("array64")}r7 += r7; r0 += r7; r1 = *(u8 *)(r0 +0)${OUT}`,
      "precision through a call": `r6 = *(u32 *)(r1 +0); r7 = 1; if r6 == 0 goto +1; r7 = 64; ${value("array64")}r6 = r0; r1 = r7; call sub; r6 += r0; r1 = *(u8 *)(r6 +0)${OUT}; sub: r0 = r1; exit`,
      "precision through linked registers": `r6 = *(u32 *)(r1 +0); r7 = *(u32 *)(r1 +4); r8 = r7; if r6 == 0 goto a; if r8 > 70 goto e; goto b; a: if r8 > 60 goto e; b: ${value("array64")}r0 += r7; r1 = *(u8 *)(r0 +0); e: ${OUT.slice(2)}`,
    },
  )
  .rule(
    "may_goto",
    {
      "with no other end": "r0 = 0; a: may_goto b; goto a; b: exit",
      "with a counter": "r0 = 0; a: may_goto b; r0 += 1; goto a; b: r0 = 0; exit",
      "with a check": `r6 = r1; ${value("array64")}r1 = 0; a: may_goto out; if r1 >= 64 goto out; r2 = r0; r2 += r1; *(u8 *)(r2 +0) = 1; r1 += 1; goto a${OUT}`,
      "over nothing": "r0 = 0; may_goto +0; exit",
      "two loops": "r0 = 0; a: may_goto b; goto a; b: may_goto c; goto b; c: exit",
      nested: "r0 = 0; a: may_goto d; b: may_goto c; goto b; c: goto a; d: exit",
    },
    {
      "without a check": `r6 = r1; ${value("array64")}r1 = 0; a: may_goto out; r2 = r0; r2 += r1; *(u8 *)(r2 +0) = 1; r1 += 1; goto a${OUT}`,
      "a register set inside only": "r1 = 0; a: may_goto b; r2 = 1; goto a; b: r0 = r2; exit",
      "a loop inside that has no end": "r0 = 0; a: may_goto c; b: goto b; goto a; c: exit",
      "to itself": "r0 = 0; a: may_goto a; exit",
    },
  )
  .rule(
    "jumps over many",
    {
      "8 unknown bits": `r6 = r1; ${times(8, (i) => `r2 = *(u32 *)(r6 +0); r3 = 0; if r2 == ${i} goto +1; r3 = 1; r4 = r3`)}; r0 = 0; exit`,
    },
    {},
  );

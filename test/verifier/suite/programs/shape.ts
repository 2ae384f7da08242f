/** Encodings and control flow: what is checked before anything is walked. */

import { Rules } from "../case.ts";
import { times } from "./text.ts";

export const shape = new Rules("core");

const RETURN = "r0 = 0; exit";

shape
  .rule(
    "opcodes",
    { "all of a move": RETURN },
    {
      "class 5 call of x": `raw 8d 00 0000 01000000; ${RETURN}`,
      "reserved jump 0xe0 with src 1": `raw e5 10 0100 00000000; ${RETURN}`,
      "jump of 0xf0": `raw f5 00 0000 00000000; ${RETURN}`,
      "alu of 0xe0": `raw e7 00 0000 00000000; ${RETURN}`,
      "alu of 0xf0": `raw ff 00 0000 00000000; ${RETURN}`,
      "load of mode 0xa0": `raw a1 00 0000 00000000; ${RETURN}`,
      "load of mode 0xe0": `raw e1 00 0000 00000000; ${RETURN}`,
      "store of mode 0x00": `raw 02 00 0000 00000000; ${RETURN}`,
      "store of mode 0x80": `raw 82 00 0000 00000000; ${RETURN}`,
      "stx of mode 0x80": `raw 83 00 0000 00000000; ${RETURN}`,
      "ld of mode 0x60": `raw 60 00 0000 00000000; ${RETURN}`,
      "ld_imm of 32 bits": `raw 00 00 0000 00000000; ${RETURN}`,
      "packet load of 64 bits": `raw 38 00 0000 00000000; ${RETURN}`,
      "zeroes only": ["00 00 0000 00000000"],
      "ones only": ["ff ff ffff ffffffff"],
      "jmp32 call": `raw 86 00 0000 01000000; ${RETURN}`,
      "jmp32 exit": `r0 = 0; raw 96 00 0000 00000000`,
      "jmp32 may_goto": `raw e6 00 0000 00000000; ${RETURN}`,
      "signed load of 64 bits": `r2 = r10; raw 99 20 f8ff 00000000; ${RETURN}`,
    },
  )
  .rule(
    "registers",
    { "r10 as source": `r1 = r10; ${RETURN}` },
    {
      "destination 11": `raw b7 0b 0000 00000000; ${RETURN}`,
      "destination 15": `raw b7 0f 0000 00000000; ${RETURN}`,
      "source 11": `raw bf b0 0000 00000000; ${RETURN}`,
      "source 15 of a load": `raw 61 f0 0000 00000000; ${RETURN}`,
      "destination 12 of a store": `raw 63 1c 0000 00000000; ${RETURN}`,
      "destination 11 of a condition": `raw 15 0b 0000 00000000; ${RETURN}`,
      "source 11 of a condition": `raw 1d b1 0000 00000000; ${RETURN}`,
      "destination 11 of ld_imm64": `raw 18 0b 0000 00000000; raw 00 00 0000 00000000; ${RETURN}`,
      "source 14 of a packet load": `r6 = r1; raw 40 e0 0000 00000000; ${RETURN}`,
    },
  )
  .rule(
    "reserved fields",
    {
      "all zero": `r1 = 1; r1 += 2; r1 = -r1; r1 = be16 r1; ${RETURN}`,
      "exit with an offset": "r0 = 0; raw 95 00 0100 00000000",
      "sign extension by offset": `r1 = 5; raw bf 11 0800 00000000; ${RETURN}`,
      "signed division by offset": `r1 = 5; raw 37 01 0100 02000000; ${RETURN}`,
    },
    {
      "mov k with source": `raw b7 10 0000 00000000; ${RETURN}`,
      "mov k with offset": `raw b7 00 0100 00000000; ${RETURN}`,
      "mov x with imm": `r1 = 1; raw bf 11 0000 01000000; ${RETURN}`,
      "mov x with offset 4": `r1 = 1; raw bf 11 0400 00000000; ${RETURN}`,
      "mov x with offset 7": `r1 = 1; raw bf 11 0700 00000000; ${RETURN}`,
      "mov x of 32 bits with offset 32": `r1 = 1; raw bc 11 2000 00000000; ${RETURN}`,
      "mov x of 32 bits with offset 1": `r1 = 1; raw bc 11 0100 00000000; ${RETURN}`,
      "mov k with offset 8": `raw b7 01 0800 00000000; ${RETURN}`,
      "add k with source": `r1 = 1; raw 07 21 0000 00000000; ${RETURN}`,
      "add k with offset": `r1 = 1; raw 07 01 0100 00000000; ${RETURN}`,
      "add x with imm": `r1 = 1; raw 0f 11 0000 01000000; ${RETURN}`,
      "add x with offset": `r1 = 1; raw 0f 11 0100 00000000; ${RETURN}`,
      "mul with offset 1": `r1 = 1; raw 27 01 0100 02000000; ${RETURN}`,
      "div with offset 2": `r1 = 1; raw 37 01 0200 02000000; ${RETURN}`,
      "mod with offset -1": `r1 = 1; raw 97 01 ffff 02000000; ${RETURN}`,
      "neg with imm": `r1 = 1; raw 87 01 0000 01000000; ${RETURN}`,
      "neg with source": `r1 = 1; raw 87 11 0000 00000000; ${RETURN}`,
      "neg with offset": `r1 = 1; raw 87 01 0100 00000000; ${RETURN}`,
      "neg x": `r1 = 1; raw 8f 01 0000 00000000; ${RETURN}`,
      "swap of 8 bits": `r1 = 1; raw d4 01 0000 08000000; ${RETURN}`,
      "swap of 24 bits": `r1 = 1; raw d4 01 0000 18000000; ${RETURN}`,
      "swap with offset": `r1 = 1; raw d4 01 0100 10000000; ${RETURN}`,
      "swap with source register": `r1 = 1; raw d4 21 0000 10000000; ${RETURN}`,
      "bswap x": `r1 = 1; raw df 01 0000 10000000; ${RETURN}`,
      "bswap of 17 bits": `r1 = 1; raw d7 01 0000 11000000; ${RETURN}`,
      "jump with imm": `raw 05 00 0000 01000000; ${RETURN}`,
      "jump with source": `raw 05 10 0000 00000000; ${RETURN}`,
      "jump with destination": `raw 05 01 0000 00000000; ${RETURN}`,
      "jump x": `raw 0d 00 0000 00000000; ${RETURN}`,
      "long jump with offset": `raw 06 00 0100 00000000; ${RETURN}`,
      "long jump with source": `raw 06 10 0000 00000000; ${RETURN}`,
      "condition k with source": `raw 15 11 0000 00000000; ${RETURN}`,
      "condition x with imm": `r2 = 1; r3 = 1; raw 1d 32 0000 01000000; ${RETURN}`,
      "exit with imm": "r0 = 0; raw 95 00 0000 01000000",
      "exit with source": "r0 = 0; raw 95 10 0000 00000000",
      "exit with destination": "r0 = 0; raw 95 01 0000 00000000",
      "exit x": "r0 = 0; raw 9d 00 0000 00000000",
      "call with offset": `raw 85 00 0100 05000000; ${RETURN}`,
      "call with destination": `raw 85 01 0000 05000000; ${RETURN}`,
      "call with source 3": `raw 85 30 0000 05000000; ${RETURN}`,
      "call x helper": `raw 8d 00 0000 05000000; ${RETURN}`,
      "local call with offset": `raw 85 10 0100 01000000; ${RETURN}; ${RETURN}`,
      "load with imm": `raw 61 12 0000 01000000; ${RETURN}`,
      "store x with imm": `r2 = 1; raw 63 2a fcff 01000000; ${RETURN}`,
      "store k with source": `raw 62 1a fcff 01000000; ${RETURN}`,
      "packet load abs with source": `r6 = r1; raw 30 10 0000 00000000; ${RETURN}`,
      "packet load abs with destination": `r6 = r1; raw 30 01 0000 00000000; ${RETURN}`,
      "packet load ind with destination": `r6 = r1; r2 = 0; raw 50 21 0000 00000000; ${RETURN}`,
      "packet load abs with offset": `r6 = r1; raw 30 00 0100 00000000; ${RETURN}`,
      "may_goto with destination": `raw e5 01 0000 00000000; ${RETURN}`,
      "may_goto with imm": `raw e5 00 0000 01000000; ${RETURN}`,
    },
  )
  .rule(
    "wide loads",
    {
      whole: "r0 = 0x1122334455667788 ll; r0 = 0; exit",
      "to each register": `${times(10, (i) => `r${i} = 0x100000000 ll`)}; exit`,
    },
    {
      "second half missing": "raw 18 00 0000 00000000",
      "second half with an opcode": `raw 18 00 0000 00000000; raw b7 00 0000 00000000; ${RETURN}`,
      "second half with a register": `raw 18 00 0000 00000000; raw 00 01 0000 00000000; ${RETURN}`,
      "second half with a source": `raw 18 00 0000 00000000; raw 00 10 0000 00000000; ${RETURN}`,
      "second half with an offset": `raw 18 00 0000 00000000; raw 00 00 0100 00000000; ${RETURN}`,
      "first half with an offset": `raw 18 00 0100 00000000; raw 00 00 0000 00000000; ${RETURN}`,
      "second half alone": `raw 00 00 0000 00000000; ${RETURN}`,
      "source 7": `raw 18 70 0000 00000000; raw 00 00 0000 00000000; ${RETURN}`,
      "source 15": `raw 18 f0 0000 00000000; raw 00 00 0000 00000000; ${RETURN}`,
      "source 8": `raw 18 80 0000 00000000; raw 00 00 0000 00000000; ${RETURN}`,
      "no such map": `raw 18 11 0000 fa030000; raw 00 00 0000 00000000; ${RETURN}`,
      "map with a second half": `raw 18 11 0000 fa030000; raw 00 00 0000 01000000; ${RETURN}`,
      "map of index without an array": `raw 18 51 0000 00000000; raw 00 00 0000 00000000; ${RETURN}`,
      "no such variable": `raw 18 31 0000 ffffff7f; raw 00 00 0000 00000000; ${RETURN}`,
      "void as a variable": `raw 18 31 0000 00000000; raw 00 00 0000 00000000; ${RETURN}`,
      "module of a variable that is no BTF": `raw 18 31 0000 01000000; raw 00 00 0000 fa030000; ${RETURN}`,
      "function beyond the end": `raw 18 41 0000 64000000; raw 00 00 0000 00000000; ${RETURN}`,
      "function before the start": `raw 18 41 0000 9cffffff; raw 00 00 0000 00000000; ${RETURN}`,
      "jump into the second half": "goto +1; r0 = 0x1 ll; r0 = 0; exit",
      "condition into the second half": "if r1 == 0 goto +1; r0 = 0x1 ll; r0 = 0; exit",
      "jump back into the second half": "r0 = 0x1 ll; if r1 == 5 goto -2; r0 = 0; exit",
    },
  )
  .rule(
    "ends",
    {
      "two exits": "r0 = 0; if r1 == r10 goto a; exit; a: r0 = 1; exit",
      "jump back to an exit": "goto b; a: exit; b: r0 = 0; goto a",
      "long jump back to an exit": "goto b; a: exit; b: r0 = 0; gotol a",
      "one exit": RETURN,
    },
    {
      "no exit": "r0 = 0",
      "a call last": "r0 = 0; call bpf_ktime_get_ns",
      "a condition last": "r0 = 0; a: if r0 == 0 goto a",
      "a wide load last": "r0 = 0x1 ll",
      "jump to the end": "r0 = 0; goto +0",
      "a may_goto last": "r0 = 0; a: may_goto a",
    },
  )
  .rule(
    "jumps",
    {
      "to the next": "r0 = 0; goto +0; exit",
      "long, to the next": "r0 = 0; gotol +0; exit",
      "over one": "r0 = 0; if r0 == 0 goto +1; r0 = 1; exit",
      "to the last": "r0 = 0; if r0 == 0 goto +1; r0 = 1; exit",
      backwards: "r0 = 0; goto a; b: exit; a: goto b",
    },
    {
      "one too far": "r0 = 0; goto +1; exit",
      "long, one too far": "r0 = 0; gotol +1; exit",
      "far forwards": "r0 = 0; if r0 == 0 goto +32767; exit",
      "far backwards": "r0 = 0; if r0 == 0 goto -32768; exit",
      "long, far": "r0 = 0; gotol +1000000; exit",
      "before the start": "r0 = 0; goto -3; exit",
      "condition before the start": "r0 = 0; if r0 == 0 goto -3; exit",
      "may_goto too far": "r0 = 0; may_goto +7; exit",
    },
  )
  .rule(
    "unreachable",
    { "all reached": "r0 = 0; if r1 == 0 goto a; r0 = 1; a: exit" },
    {
      "after an exit": "r0 = 0; exit; r0 = 1; exit",
      "jumped over": "r0 = 0; goto a; r0 = 1; a: exit",
      "a loop by itself": "r0 = 0; exit; a: goto a",
      "at the end": "r0 = 0; exit; exit",
      "a wide load": "r0 = 0; goto a; r0 = 0x1 ll; a: exit",
    },
  )
  .rule(
    "endless",
    { "a jump forwards": "r0 = 0; goto a; a: exit" },
    {
      "jump to itself": "r0 = 0; a: goto a; exit",
      "two jumps": "r0 = 0; b: goto a; a: goto b; exit",
      "condition always true": "r0 = 0; a: if r0 == 0 goto a; exit",
      "with a counter that stands": "r0 = 0; a: r1 = 1; if r0 != 1 goto a; exit",
      "a long jump to itself": "r0 = 0; a: gotol a; exit",
    },
  )
  .rule("length", { "one instruction less than nothing": "r0 = 0; exit" }, { "only exit": "exit" });

shape
  .rule("licence", { "a helper for all": "call bpf_get_prandom_u32; r0 = 0; exit" }, {}, { license: "Proprietary" })
  .rule(
    "licence of others",
    {},
    { "a helper for GPL only": "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; r2 = 8; call bpf_trace_printk; r0 = 0; exit" },
    { license: "Proprietary" },
  );

shape
  .rule("program flags", {}, { "sleepable packets": RETURN }, { type: "xdp", flags: 16 })
  .rule("program flags of filters", {}, { "pieces of packets": RETURN, "unknown flag": RETURN }, { flags: 0x4000_0000 });

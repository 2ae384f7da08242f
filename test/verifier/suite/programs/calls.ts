/** Calls between functions: static ones are walked in place, global ones by themselves. */

import type { BtfBuilder } from "../../../../src/btf/builder.ts";
import { Rules } from "../case.ts";
import { lookup, OUT, times, value } from "./text.ts";

export const calls = new Rules("calls");

calls
  .rule(
    "static calls",
    {
      one: "call sub; exit; sub: r0 = 1; exit",
      arguments: "r1 = 3; r2 = 4; call sub; exit; sub: r0 = r1; r0 += r2; exit",
      "five arguments": `${times(5, (i) => `r${i + 1} = ${i}`)}; call sub; exit; sub: r0 = r5; exit`,
      "the context as argument": "call sub; exit; sub: r0 = *(u32 *)(r1 +0); exit",
      "r6 to r9 survive": "r6 = r1; call sub; r0 = *(u32 *)(r6 +0); exit; sub: r6 = 0; r0 = 1; exit",
      twice: "r6 = r1; call sub; r1 = r6; call sub; exit; sub: r0 = *(u32 *)(r1 +0); exit",
      "in a branch": "r0 = 0; r2 = *(u32 *)(r1 +0); if r2 == 0 goto a; call sub; a: exit; sub: r0 = 1; exit",
      "a number with its range": `r6 = r1; ${value("array64")}r7 = r0; r1 = *(u32 *)(r6 +0); call sub; r7 += r0; r1 = *(u8 *)(r7 +0)${OUT}; sub: r0 = r1; r0 &= 63; exit`,
      "a value to a function": `${value("array48")}r1 = r0; call sub${OUT}; sub: r0 = *(u64 *)(r1 +40); exit`,
      "a value from a function": `call sub; if r0 == 0 goto out; r1 = *(u64 *)(r0 +0)${OUT}; sub: ${lookup("array48")}exit`,

      "eight frames": `call f1; exit; ${times(7, (i) => (i === 6 ? "f7: r0 = 0; exit" : `f${i + 1}: call f${i + 2}; exit`))}`,
      "ends in a jump": "call sub; exit; sub: r0 = 0; goto a; a: exit",
      "number checked by a function": `r6 = *(u32 *)(r1 +0); ${value("array64")}r7 = r0; r1 = r6; call sub; if r0 == 0 goto out; r7 += r6; r1 = *(u8 *)(r7 +0)${OUT}; sub: r0 = 0; if r1 > 63 goto +1; r0 = 1; exit`,
      "into a wide load": "call pc+2; r0 = 0; exit; r0 = 0x1 ll; exit",
    },
    {
      "r1 afterwards": "r1 = 1; call sub; r0 = r1; exit; sub: r0 = 1; exit",
      "r5 afterwards": "r5 = 1; call sub; r0 = r5; exit; sub: r0 = 1; exit",
      "r0 not set by it": "call sub; exit; sub: exit",
      "r6 of the caller": "r6 = 1; call sub; exit; sub: r0 = r6; exit",
      "an argument that is not set": "call sub; exit; sub: r0 = r2; exit",
      "r0 of the caller": "r0 = 1; call sub; exit; sub: r1 = r0; r0 = 0; exit",
      "a number out of range": `r6 = r1; ${value("array64")}r7 = r0; r1 = *(u32 *)(r6 +0); call sub; r7 += r0; r1 = *(u8 *)(r7 +0)${OUT}; sub: r0 = r1; r0 &= 127; exit`,
      "a value from a function, unchecked": `call sub; r1 = *(u64 *)(r0 +0)${OUT}; sub: ${lookup("array48")}exit`,
      "nine frames": `call f1; exit; ${times(8, (i) => (i === 7 ? "f8: r0 = 0; exit" : `f${i + 1}: call f${i + 2}; exit`))}`,
      itself: "call sub; exit; sub: call sub; exit",
      "each other": "call a; exit; a: call b; exit; b: call a; exit",
      main: "r0 = 0; call main2; exit; main2: call pc-4; exit",
      "into nowhere": "call pc+100; exit",
      "before the start": "call pc-100; exit",

      "falls through to a function": "call sub; r0 = 0; sub: r0 = 1; exit",
      "jumps into a function": "call sub; goto a; sub: a: r0 = 1; exit",
      "jumps out of a function": "a: call sub; exit; sub: r0 = 0; goto a",
      "ends in a condition": "call sub; exit; sub: r0 = 0; if r0 == 0 goto sub",
      "number not checked on a path": `r6 = *(u32 *)(r1 +0); ${value("array64")}r7 = r0; r1 = r6; call sub; if r0 == 0 goto out; r7 += r6; r1 = *(u8 *)(r7 +0)${OUT}; sub: r0 = 1; if r1 > 63 goto +1; r0 = 1; exit`,
      "unreachable function": "r0 = 0; exit; call sub; exit; sub: r0 = 1; exit",
      "jump backwards over a function": "goto a; sub: r0 = 1; exit; a: call sub; exit",
    },
  )
  .rule(
    "stack of callers",
    {
      "written by a function":
        "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call sub; r0 = *(u64 *)(r10 -8); exit; sub: *(u64 *)(r1 +0) = 7; r0 = 0; exit",
      "a pointer spilled into it":
        "r2 = r1; r1 = r10; r1 += -8; call sub; r2 = *(u64 *)(r10 -8); r0 = *(u32 *)(r2 +0); exit; sub: *(u64 *)(r1 +0) = r2; r0 = 0; exit",
      "two frames below":
        "r1 = r10; r1 += -8; call a; r0 = *(u64 *)(r10 -8); exit; a: call b; r0 = 0; exit; b: *(u64 *)(r1 +0) = 7; r0 = 0; exit",
      "to a helper":
        "*(u32 *)(r10 -4) = 0; r1 = r10; r1 += -4; call sub; exit; sub: r2 = r1; r1 = map array8; call bpf_map_lookup_elem; r0 = 0; exit",
      "known numbers in it":
        "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call sub; r1 = *(u64 *)(r10 -8); if r1 == 7 goto +1; r0 = r9; r0 = 0; exit; sub: r2 = 7; *(u64 *)(r1 +0) = r2; r0 = 0; exit",
    },
    {
      "own frame spilled into it": "r1 = r10; r1 += -8; call sub; r0 = 0; exit; sub: *(u64 *)(r1 +0) = r10; r0 = 0; exit",
      "own frame returned": "call sub; exit; sub: r0 = r10; exit",
      "own frame returned in a copy": "call sub; r0 = 0; exit; sub: r0 = r10; r0 += -8; exit",
      "beyond its top": "r1 = r10; call sub; r0 = 0; exit; sub: *(u64 *)(r1 +0) = 1; r0 = 0; exit",
      "far below": "r1 = r10; call sub; r0 = 0; exit; sub: *(u64 *)(r1 -520) = 1; r0 = 0; exit",
      "key beyond its top":
        "*(u32 *)(r10 -4) = 0; r1 = r10; r1 += -2; call sub; exit; sub: r2 = r1; r1 = map array8; call bpf_map_lookup_elem; r0 = 0; exit",
    },
  )
  .rule(
    "stack depth",
    {
      "256 and 256": "*(u64 *)(r10 -256) = 0; call sub; exit; sub: *(u64 *)(r10 -256) = 0; r0 = 0; exit",
      "512 alone": "*(u64 *)(r10 -512) = 0; r0 = 0; exit",
      "two one after the other":
        "*(u64 *)(r10 -256) = 0; call a; call b; exit; a: *(u64 *)(r10 -256) = 0; r0 = 0; exit; b: *(u64 *)(r10 -256) = 0; r0 = 0; exit",
      "rounded to 32": `*(u64 *)(r10 -8) = 0; call f1; exit; ${times(7, (i) => (i === 6 ? "f7: *(u64 *)(r10 -8) = 0; r0 = 0; exit" : `f${i + 1}: *(u64 *)(r10 -8) = 0; call f${i + 2}; exit`))}`,
      "in a function that is never called":
        "*(u64 *)(r10 -304) = 0; r0 = 0; if r0 == 0 goto a; call sub; a: exit; sub: *(u64 *)(r10 -304) = 0; r0 = 0; exit",
    },
    {
      "512 and 8": "*(u64 *)(r10 -512) = 0; call sub; exit; sub: *(u64 *)(r10 -8) = 0; r0 = 0; exit",
      "300 and 300": "*(u64 *)(r10 -304) = 0; call sub; exit; sub: *(u64 *)(r10 -304) = 0; r0 = 0; exit",
      "three of 200":
        "*(u64 *)(r10 -200) = 0; call a; exit; a: *(u64 *)(r10 -200) = 0; call b; exit; b: *(u64 *)(r10 -200) = 0; r0 = 0; exit",
    },
  )
  .rule(
    "in functions",
    { "context loads": "call sub; exit; sub: r0 = *(u32 *)(r1 +0); exit" },
    {
      "packet loads": "r6 = r1; call sub; exit; sub: r6 = r1; r0 = *(u8 *)skb[0]; exit",
      "tail calls": "call sub; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit",
    },
  )
  .rule(
    "too many",
    {},
    { "257 functions": `r0 = 0; ${times(256, (i) => `call f${i}`)}; exit; ${times(256, (i) => `f${i}: r0 = 0; exit`)}` },
  )
  .rule(
    "as many as allowed",
    { "256 functions": `r0 = 0; ${times(255, (i) => `call f${i}`)}; exit; ${times(255, (i) => `f${i}: r0 = 0; exit`)}` },
    {},
  )
  .rule(
    "packets and functions",
    {
      "a range proven by a function":
        "r6 = r1; call sub; if r0 == 0 goto out; r7 = *(u32 *)(r6 +0); r2 = r7; r2 += 14; r8 = *(u32 *)(r6 +4); if r2 > r8 goto out; r1 = *(u8 *)(r7 +13); out: r0 = 0; exit; sub: r0 = 1; exit",
      "a pointer passed on":
        "r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r2 = r7; r2 += 14; if r2 > r8 goto out; r1 = r7; call sub; out: r0 = 0; exit; sub: r0 = *(u8 *)(r1 +13); exit",
    },
    {
      "moved by a function":
        "r6 = r1; r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r2 = r7; r2 += 14; if r2 > r8 goto out; call sub; r1 = *(u8 *)(r7 +13); out: r0 = 0; exit; sub: r1 = r6; r0 = 0; exit",
      "adjusted by a function":
        "r6 = r1; r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r2 = r7; r2 += 14; if r2 > r8 goto out; r1 = r6; call sub; r1 = *(u8 *)(r7 +13); out: r0 = 0; exit; sub: r2 = -4; call bpf_xdp_adjust_head; r0 = 0; exit",
    },
    { type: "xdp" },
  );

// ── global functions ────────────────────────────────────────────────────────────────────────────────────────────────

type Parameter = (types: BtfBuilder) => number;
const int: Parameter = (types) => types.int("int", 4, { signed: true });
const long: Parameter = (types) => types.int("long", 8, { signed: true });
const to =
  (of: Parameter): Parameter =>
  (types) =>
    types.pointer(of(types));
const nothing: Parameter = () => 0;
const struct =
  (name: string, size: number): Parameter =>
  (types) =>
    types.struct(
      name,
      size,
      Array.from({ length: size / 4 }, (_, i) => ({ name: `m${i}`, type: int(types), bitOffset: i * 32 })),
    );
/** Tells a context by its name. */
const context = struct("__sk_buff", 8);

/** `main(ctx)` and a global `sub` of these parameters. Tags: by index of the parameter. */
function globalSub(parameters: readonly Parameter[], result: Parameter = int, tags: Readonly<Record<number, string>> = {}) {
  return (types: BtfBuilder) => {
    const main = types.function("main", types.prototype(int(types), [{ name: "ctx", type: types.pointer(0) }]), "global");
    const prototype = types.prototype(
      result(types),
      parameters.map((of, i) => ({ name: `a${i}`, type: of(types) })),
    );
    const sub = types.function("sub", prototype, "global");
    for (const [index, tag] of Object.entries(tags)) types.declTag(tag, sub, Number(index));
    return { main, sub };
  };
}

calls
  .rule(
    "global functions of numbers",
    {
      called: "r1 = 1; r2 = 2; call sub; exit; sub: r0 = r1; r0 += r2; exit",
      "a number that is not known": "r1 = *(u32 *)(r1 +0); r2 = 1; call sub; exit; sub: r0 = r1; exit",
      "its result is unknown": "r1 = 1; r2 = 1; call sub; exit; sub: r0 = 1; exit",
    },
    {
      "its range is not known to the caller": `r1 = 1; r2 = 1; call sub; r6 = r0; ${value("array64")}r0 += r6; r1 = *(u8 *)(r0 +0)${OUT}; sub: r0 = 5; exit`,
      "an argument that is not set": "r1 = 1; call sub; exit; sub: r0 = r1; exit",
      "a pointer for a number": "r1 = r10; r2 = 1; call sub; exit; sub: r0 = 1; exit",
      "a number of its caller is not known": `r1 = 5; r2 = 1; call sub; exit; sub: r6 = r1; ${value("array64")}r0 += r6; r1 = *(u8 *)(r0 +0)${OUT}`,
      "refused by itself though never called with that":
        "r1 = 5; r2 = 1; call sub; exit; sub: if r1 == 5 goto a; r0 = r9; exit; a: r0 = 0; exit",
      "r3 is no argument": "r1 = 1; r2 = 1; r3 = 1; call sub; exit; sub: r0 = r3; exit",
      "its r6 is not the caller's": "r6 = 1; r1 = 1; r2 = 1; call sub; exit; sub: r0 = r6; exit",
    },
    { functions: globalSub([int, int]) },
  )
  .rule(
    "global functions of the context",
    {
      called: "call sub; exit; sub: r0 = *(u32 *)(r1 +0); exit",
    },
    {
      "the stack for the context": "r1 = r10; call sub; exit; sub: r0 = *(u32 *)(r1 +0); exit",
      "a changed context": "r1 += 4; call sub; exit; sub: r0 = *(u32 *)(r1 +0); exit",
      "null for the context": "r1 = 0; call sub; exit; sub: r0 = 0; exit",
      "beyond the context": "call sub; exit; sub: r0 = *(u32 *)(r1 +4096); exit",
    },
    { functions: globalSub([to(context)]) },
  )
  .rule(
    "global functions of memory",
    {
      "the stack":
        "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call sub; exit; sub: if r1 == 0 goto a; r0 = *(u32 *)(r1 +4); exit; a: r0 = 0; exit",
      "a value": `${value("array48")}r1 = r0; call sub${OUT}; sub: r0 = 0; exit`,
      null: "r1 = 0; call sub; exit; sub: r0 = 0; exit",
      written:
        "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call sub; exit; sub: if r1 == 0 goto a; *(u32 *)(r1 +4) = 1; a: r0 = 0; exit",
      "a value that may be null": `${lookup("array48")}r1 = r0; call sub; r0 = 0; exit; sub: r0 = 0; exit`,
    },
    {
      "not checked for null": "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call sub; exit; sub: r0 = *(u32 *)(r1 +4); exit",
      "beyond its size":
        "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call sub; exit; sub: if r1 == 0 goto a; r0 = *(u32 *)(r1 +8); exit; a: r0 = 0; exit",
      "too small": "*(u32 *)(r10 -4) = 0; r1 = r10; r1 += -4; call sub; exit; sub: r0 = 0; exit",
      "a number": "r1 = 5; call sub; exit; sub: r0 = 0; exit",
      "a value too small": `${value("array4")}r1 = r0; call sub${OUT}; sub: r0 = 0; exit`,
      "the context": "call sub; exit; sub: r0 = 0; exit",
    },
    { functions: globalSub([to(struct("pair", 8))]) },
  )
  .rule(
    "global functions of memory that is there",
    {
      "the stack": "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call sub; exit; sub: r0 = *(u32 *)(r1 +4); exit",
      null: "r1 = 0; call sub; exit; sub: r0 = *(u32 *)(r1 +4); exit",
    },
    { "maybe null": `${lookup("array48")}r1 = r0; call sub; r0 = 0; exit; sub: r0 = 0; exit` },
    { functions: globalSub([to(struct("pair", 8))], int, { 0: "arg:nonnull" }) },
  )
  .rule(
    "global functions of a tagged context",
    { called: "call sub; exit; sub: r0 = *(u32 *)(r1 +0); exit" },
    { "the stack": "r1 = r10; call sub; exit; sub: r0 = 0; exit" },
    { functions: globalSub([to(nothing)], int, { 0: "arg:ctx" }) },
  )
  .rule(
    "global functions of a dynptr",
    {},
    { "something else": "r1 = r10; r1 += -8; *(u64 *)(r10 -8) = 0; call sub; exit; sub: r0 = 0; exit" },
    { functions: globalSub([to(struct("bpf_dynptr", 16))]) },
  )
  .rule(
    "global functions of void pointers",
    {},
    { "no size is known": "r1 = r10; call sub; exit; sub: r0 = 0; exit" },
    { functions: globalSub([to(nothing)]) },
  )
  .rule(
    "global functions of structs",
    {},
    { "by value": "r1 = 1; call sub; exit; sub: r0 = 0; exit" },
    { functions: globalSub([struct("pair", 8)]) },
  )
  .rule(
    "global functions of pointers to pointers",
    { "never read": "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call sub; exit; sub: r0 = 0; exit" },
    {},
    { functions: globalSub([to(to(int))]) },
  )
  .rule(
    "global functions without a number as result",
    {},
    { "void, r0 read": "r1 = 1; call sub; exit; sub: exit", "void, nothing set": "r1 = 1; call sub; r0 = 0; exit; sub: exit" },
    { functions: globalSub([int], nothing) },
  )
  .rule(
    "global functions that return pointers",
    {},
    { "to int": "r1 = 1; call sub; r0 = 0; exit; sub: r0 = 0; exit" },
    { functions: globalSub([int], to(int)) },
  )
  .rule(
    "results of global functions",
    { "a number": "r1 = 1; call sub; exit; sub: r0 = r1; exit" },
    {
      "a pointer": "r1 = 1; call sub; r0 = 0; exit; sub: r0 = r10; exit",
      "not set": "r1 = 1; call sub; r0 = 0; exit; sub: exit",
    },
    { functions: globalSub([int]) },
  )
  .rule(
    "global functions of long",
    { "64 bits": "r1 = 0x100000000 ll; call sub; exit; sub: r0 = r1; exit" },
    { "32 bits for r0": "r1 = 1; call sub; exit; sub: r0 = *(u64 *)(r1 +0); exit" },
    { functions: globalSub([long], long) },
  )
  .rule(
    "packet loads in functions with types",
    { int: "call sub; exit; sub: r6 = r1; r0 = *(u8 *)skb[0]; exit" },
    {},
    { functions: globalSub([to(context)]) },
  )
  .rule(
    "packet loads in functions of void",
    {},
    { void: "call sub; r0 = 0; exit; sub: r6 = r1; r0 = *(u8 *)skb[0]; exit" },
    { functions: globalSub([to(context)], nothing) },
  )
  .rule(
    "static functions with types",
    {
      "a pointer to the stack": "*(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call sub; exit; sub: r0 = *(u64 *)(r1 +0); exit",
      "range is known": `r1 = 1; call sub; r6 = r0; ${value("array64")}r0 += r6; r1 = *(u8 *)(r0 +0)${OUT}; sub: r0 = 5; exit`,
    },
    {},
    {
      functions: (types) => {
        const prototype = types.prototype(int(types), [{ name: "a", type: long(types) }]);
        return { main: types.function("main", prototype, "global"), sub: types.function("sub", prototype, "static") };
      },
    },
  );

calls.rule(
  "stack depth with tail calls",
  {
    "no tail call below": "*(u64 *)(r10 -448) = 0; call sub; exit; sub: r0 = 0; exit",
  },
  {
    "264": "*(u64 *)(r10 -264) = 0; call sub; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit",
    "in the middle of a chain":
      "*(u64 *)(r10 -200) = 0; call a; exit; a: *(u64 *)(r10 -100) = 0; call b; exit; b: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit",
    "256": "*(u64 *)(r10 -248) = 0; call sub; exit; sub: r2 = map programs; r3 = 0; call bpf_tail_call; r0 = 0; exit",
  },
  {
    functions: (types) => {
      const prototype = types.prototype(int(types), []);
      const of = (name: string) => types.function(name, prototype, name === "main" ? "global" : "static");
      return { main: of("main"), sub: of("sub"), a: of("a"), b: of("b") };
    },
  },
);

/**
 * For each refusal of the compiler: why it exists, and a source that it refuses. docs/diagnostics.md is made of them
 * (diagnostics-page.ts), and a test holds that each source is refused for exactly that. Imports are added by themselves.
 */

import type { DiagnosticCode } from "../../src/compiler/compile.ts";

export interface DiagnosticExample {
  readonly why: string;
  /** The whole source without its imports; null where it does not fit on a page. */
  readonly source: string | null;
  /** Other files that it imports, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** In a program that counts in a map `m` of u64 by u32. */
function inside(why: string, statement: string): DiagnosticExample {
  const source = `export const m = hash<u32, u64>({ maxEntries: 1 });\nexport const p = xdp((ctx) => {\n  ${statement}\n  return XDP_PASS;\n});`;
  return { why, source };
}

/** Beside a program that is fine. */
function beside(why: string, declaration: string): DiagnosticExample {
  return { why, source: `${declaration}\nexport const p = xdp(() => XDP_PASS);` };
}

function whole(why: string, source: string): DiagnosticExample {
  return { why, source };
}

/** With records of two numbers for a ring buffer. */
function event(why: string, statement: string): DiagnosticExample {
  return {
    why,
    source: `interface Event { a: u32; b: u32 }\nexport const events = ringBuffer<Event>({ maxEntries: 4096 });\nexport const p = xdp((ctx) => {\n  ${statement}\n  return XDP_PASS;\n});`,
  };
}

export const DIAGNOSTIC_EXAMPLES: Partial<Record<DiagnosticCode, DiagnosticExample>> = {
  SK1001: beside("The text is TypeScript to every editor, and must be to the compiler.", "const = 1;"),
  SK1002: {
    why: "Checking and lowering follow 200 levels of nesting; a text nested deeper was made by a machine.",
    source: null,
  },
  SK1101: inside("A construct of TypeScript that has no meaning without a heap, closures, exceptions or text.", 'throw "lost";'),
  SK1102: inside(
    "JavaScript converts what == compares; machine types do not convert.",
    "if (ctx.packet.length == 5) return XDP_DROP;",
  ),
  SK1103: inside("An assignment that is a value is most often a comparison with a = too few.", "let a = 1; const b = (a = 2);"),
  SK1104: inside("A statement that changes nothing is a mistake.", "ctx.packet.length + 1;"),
  SK1105: inside("Reading and throwing away is a mistake, and costs time.", "m.get(1);"),
  SK1106: inside("A function in a function could use its variables after it has ended.", "function helper(): u32 { return 1; }"),
  SK1107: beside("Nothing runs when a program is loaded.", "for (;;) {}"),
  SK2001: inside("The name is not declared here, nor imported.", "const x = lenght;"),
  SK2002: inside("Two things of one name in one block.", "const a = 1;\n  const a = 2;"),
  SK2003: inside(
    "As in JavaScript, a name is its block's own from the beginning, and has a value from its declaration on.",
    "const a = b + 1;\n  const b = 2;",
  ),
  SK2004: inside("A const, a parameter that is one, or something imported.", "const a = ctx.packet.length;\n  a = 2;"),
  SK2005: beside(
    "A program runs in the kernel: there is no Node, and no package but for programs.",
    'import { readFile } from "node:fs";',
  ),
  SK2006: beside("The module exports no such name.", 'import { XDP_PAS } from "skep/bpf";'),
  SK2007: inside("What the name stands for exists when compiling only.", "const a = m;"),
  SK2008: beside("A value, or a type that cannot lie in memory.", "interface A { header: Ethernet }"),
  SK2009: inside("The struct, context or header has no such field.", "const a = ctx.packet.size;"),
  SK2010: inside("Only functions are called.", "const a = 1;\n  const b = a();"),
  SK2011: beside(
    "A verifier must see that a program ends, and a frame has 512 bytes.",
    "function f(x: u32): u32 { return f(x - 1); }",
  ),
  SK2012: inside("Nothing around this place has the label, or is a loop.", "break;"),
  SK2013: {
    why: "Values of files that need each other have no order in which they could be made.",
    source: 'import { a } from "./a.bpf.ts";\nexport const p = xdp(() => XDP_PASS);',
    files: { "./a.bpf.ts": 'import { p } from "./main.bpf.ts";\nexport const a = 1;' },
  },
  SK2014: {
    why: "Maps, variables and programs of all files lie side by side in one program.",
    source: 'import "./a.bpf.ts";\nexport const p = xdp(() => XDP_PASS);',
    files: { "./a.bpf.ts": 'import { array, type u32 } from "skep/bpf";\nexport const p = array<u32>({ maxEntries: 1 });' },
  },
  SK2015: beside(
    "The name of a map, variable or program is its name in the kernel.",
    "const counts = array<u32>({ maxEntries: 1 });\nexport { counts as hits };",
  ),
  SK2101: inside("The value is of another type than its place.", "const a: u32 = true;"),
  SK2102: inside("What does not fit would be cut off silently.", "const a: u8 = ctx.packet.length;"),
  SK2103: inside(
    "Which of the two would be converted, and to what?",
    "const a: i32 = -1;\n  if (a < ctx.packet.length) return XDP_DROP;",
  ),
  SK2104: inside(
    "The operator is for numbers.",
    "const eth = ctx.packet.at(Ethernet, 0);\n  if (eth !== null && eth + 1) return XDP_DROP;",
  ),
  SK2105: beside("Nothing says what the parameter is.", "function f(a): u32 { return 1; }"),
  SK2106: inside("Too many or too few.", "m.set(1);"),
  SK2107: beside(
    "Memory that was not written may not be read: every field of a struct is given.",
    "interface A { a: u32; b: u32 }\nfunction f(): u32 { const x: A = { a: 1 }; return x.a; }",
  ),
  SK2108: beside(
    "The struct has no such field.",
    "interface A { a: u32 }\nfunction f(): u32 { const x: A = { a: 1, b: 2 }; return x.a; }",
  ),
  SK2109: inside(
    "An array has as many elements as its type says.",
    "const x: FixedArray<u8, 3> = [1, 2];\n  if (x[0] === ctx.packet.length) return XDP_DROP;",
  ),
  SK2110: beside("Nothing has no place in memory.", "interface A {}"),
  SK2111: beside("A field holds its struct by value, and a struct in itself has no size.", "interface A { a: A }"),
  SK2112: beside(
    "A second name would change what the first one means; in JavaScript both would name one object.",
    "interface A { a: u32 }\nfunction f(): u32 { const x: A = { a: 1 }; let y = x; y.a = 2; return x.a; }",
  ),
  SK2113: inside(
    "Verifiers refuse an access that could be outside, and so does the compiler.",
    "const x: FixedArray<u8, 4> = [1, 2, 3, 4];\n  return x[ctx.packet.length]!;",
  ),
  SK2114: beside(
    "The field is declared readonly, or is no place.",
    "interface A { readonly a: u32 }\nfunction f(x: A): void { x.a = 1; }",
  ),
  SK2116: beside(
    "The variable may name another struct later, and then both names would.",
    "interface A { a: u32 }\nfunction f(): u32 { let x: A = { a: 1 }; const y = x; y.a = 2; return x.a; }",
  ),
  SK2117: beside(
    "The fields of a union share their bytes.",
    "/** @union */\ninterface U { a: u32; b: u64 }\nfunction f(): u32 { const x: U = { a: 1, b: 2 }; return x.a; }",
  ),
  SK2201: inside("Constants are exact, and must fit where they stand.", "const a: u8 = 256;"),
  SK2202: inside("There are no floats in the kernel.", "const a = 1.5;"),
  SK2203: inside("JavaScript would read another number than is written.", "const a: u64 = 9007199254740993;"),
  SK2204: inside(
    "A machine shifts by the low bits of the amount: this would shift by less.",
    "const a = ctx.packet.length << 32;",
  ),
  SK2205: inside("It would give 0.", "const a = ctx.packet.length / 0;"),
  SK2206: beside("The value is needed when compiling.", "export const m = array<u32>({ maxEntries: bpf_get_prandom_u32() });"),
  SK2207: inside("No integer is that large.", "let a = 0x1_0000_0000_0000_0000n;"),
  SK2301: inside(
    "Null is not a number, and address 0 is not a struct.",
    "const eth = ctx.packet.at(Ethernet, 0);\n  if (eth.type === 5) return XDP_DROP;",
  ),
  SK2302: whole(
    "What would the kernel do with the packet?",
    "export const p = xdp((ctx) => {\n  if (ctx.packet.length > 100) return XDP_DROP;\n});",
  ),
  SK2303: beside("The function promises a value.", "function f(a: u32): u32 { if (a === 1) return; return 2; }"),
  SK2304: inside("A check that cannot fail hides what was meant.", "if (ctx.packet.length === null) return XDP_DROP;"),
  SK2305: inside("0 and null would both count as false.", "if (m.get(1)) return XDP_DROP;"),
  SK2306: inside("The second is never reached.", "switch (ctx.packet.length) { case 1: break; case 1: return XDP_DROP; }"),
  SK2307: inside("A verifier would refuse it after a million steps.", "let n = 0;\n  for (;;) n += 1;"),
  SK2401: beside(
    "A call passes five registers; a number that may be null takes two.",
    "/** @noinline */\nfunction f(a: u32, b: u32 | null, c: u64, d: u64, e: u64): void {}",
  ),
  SK2402: inside("The helper calls a function of the program.", "bpf_loop(5, 1);"),
  SK2403: inside("Kernels take 0 and 1, which the verifier must see.", "bpf_loop(5, (i) => i * 2);"),
  SK2404: whole(
    "When a timer expires, the frame of the program that set it is long gone.",
    "interface Value { timer: Timer; n: u32 }\nexport const values = array<Value>({ maxEntries: 1 });\nexport const p = xdp((ctx) => {\n  const length = ctx.packet.length;\n  const v = values.get(0);\n  if (v !== null) bpf_timer_set_callback(v.timer, (map, key: u32, value: Value) => { value.n = length; });\n  return XDP_PASS;\n});",
  ),
  SK2405: beside(
    "No argument shows what the type parameter is.",
    "interface Box<T> { value: T }\nfunction size<T>(): u32 { return 1; }\nfunction f(): u32 { return size(); }",
  ),
  SK2406: whole(
    "The kernel refuses to have locks, timers and work read or copied.",
    "interface Value { lock: SpinLock; n: u32 }\nexport const values = array<Value>({ maxEntries: 2 });\nexport const p = xdp(() => {\n  const v = values.get(0);\n  if (v !== null) values.set(1, v);\n  return XDP_PASS;\n});",
  ),
  SK2407: whole(
    "A lock that is not given back stops every CPU that wants it.",
    "interface Value { lock: SpinLock; n: u32 }\nexport const values = array<Value>({ maxEntries: 1 });\nexport const p = xdp(() => {\n  const v = values.get(0);\n  if (v === null) return XDP_PASS;\n  bpf_spin_lock(v.lock);\n  if (v.n > 5) return XDP_DROP;\n  bpf_spin_unlock(v.lock);\n  return XDP_PASS;\n});",
  ),
  SK2408: whole(
    "A section that stays open stops what waits for its end; room that nobody hands back stops a ring buffer.",
    "export const p = tc((ctx) => {\n  bpf_rcu_read_lock();\n  if (ctx.len > 1500) return TC_ACT_SHOT;\n  bpf_rcu_read_unlock();\n  return TC_ACT_OK;\n});",
  ),
  SK2501: { why: "The kernel's type of the field has no counterpart in the language.", source: null },
  SK2502: {
    why: "The field was declared with `@kernel` as one that only some kernels have, and is read without asking.",
    source: null,
  },
  SK2503: whole(
    "Questions about the kernel are of its types.",
    'export const p = kprobe("do_exit", () => {\n  if (exists<u64>()) return;\n});',
  ),
  SK2504: {
    why: "A function of the kernel wants a pointer that the verifier knows, and this one was read from memory.",
    source: null,
  },
  SK2505: { why: "The function that the program is attached to has other parameters.", source: null },
  SK2506: { why: "The kernel whose types are used has no such function, tracepoint or hook.", source: null },
  SK3001: inside(
    "A map lives as long as the program is loaded, not as long as it runs.",
    "const own = hash<u32, u32>({ maxEntries: 1 });",
  ),
  SK3002: beside("The kernel must know how much memory the map takes.", "export const n = hash<u32, u32>({});"),
  SK3003: beside(
    "Keys and values lie in memory: their sizes are part of the map.",
    "export const n = hash<u32>({ maxEntries: 1 });",
  ),
  SK3004: inside("This kind of map cannot do that.", "m.clear();"),
  SK3005: beside("A program is one function.", "export const q = xdp(5);"),
  SK3006: whole("The kernel takes every other number for an error, and drops the packet.", "export const p = xdp(() => 7);"),
  SK3007: whole("The file has no program.", "function f(): u32 { return 1; }"),
  SK3008: beside(
    "Names are written whole to BTF, which takes 127 characters.",
    `export const ${"n".repeat(128)} = array<u32>({ maxEntries: 1 });`,
  ),
  SK3009: inside("A header is how bytes of a packet are read, not a thing.", "const a = Ethernet;"),
  SK3010: inside("The text is no such address.", 'const a = ipv4("10.0.0.256");'),
  SK3011: beside("Applications give and take integers of up to 32 bits.", "declare function respond(status: u64): u32;"),
  SK3101: event("Only what was reserved can be submitted.", "const e: Event = { a: 1, b: 2 };\n  events.submit(e);"),
  SK3102: inside("The kernel prints numbers, addresses and texts.", 'print("grüß");'),
  SK3103: event(
    "Kernels refuse a program that keeps a reservation on any path.",
    "const e = events.reserve();\n  if (e === null) return XDP_PASS;\n  e.a = 1; e.b = 2;\n  if (ctx.packet.length > 9) events.submit(e);",
  ),
  SK3104: event(
    "The record is the reader's from then on.",
    "const e = events.reserve();\n  if (e === null) return XDP_PASS;\n  e.a = 1; e.b = 2;\n  events.submit(e);\n  e.a = 3;",
  ),
  SK3105: event("Without a name it could not be handed back.", "if (events.reserve() !== null) return XDP_DROP;"),
  SK3106: beside("What is set from outside is exported.", "const limit = config<u32>(0);"),
  SK3107: inside("The machine adds 4 or 8 bytes atomically, in memory that CPUs share.", "let n: u32 = 0;\n  atomicAdd(n, 1);"),
  SK3108: inside(
    "The text has its final 0 in the array.",
    'const name: FixedString<4> = "four";\n  if (name === "abc") return XDP_DROP;',
  ),
  SK3109: event(
    "A callback may run many times or never, and a reservation is handed back once.",
    "const e = events.reserve();\n  if (e === null) return XDP_PASS;\n  bpf_loop(1, () => { events.submit(e); });",
  ),
  SK3110: beside(
    "Memory is zeroes at first, so that a pointer in it may lead nowhere.",
    "export const heap = arena({ pages: 16 });\ninterface Node { value: u64; next: Pointer<Node> }",
  ),
  SK3111: beside(
    "Pointers and the tag @arena are of the program's one arena.",
    "interface Node { value: u64; next: Pointer<Node> | null }",
  ),
  SK3112: whole(
    "Addresses in the arena are user space's, too: no other memory has such.",
    "export const heap = arena({ pages: 16 });\ninterface Node { value: u64; next: Pointer<Node> | null }\nexport let head: Pointer<Node> | null = null;\nexport const p = xdp(() => {\n  head = { value: 1, next: null };\n  return XDP_PASS;\n});",
  ),
  SK3201: whole("Each hook has its own helpers.", 'export const p = kprobe("do_exit", () => { bpf_redirect(1, 0); });'),
  SK3202: whole(
    "The kernel checks the licence when the program is loaded.",
    'export const license = "Apache-2.0";\ninterface Name { bytes: FixedArray<u8, 16> }\nexport const p = kprobe("do_exit", (ctx) => {\n  const name = zeroed<Name>();\n  bpf_probe_read_kernel(name, ctx.argument(0));\n});',
  ),
  SK3203: whole(
    "After the packet moved, addresses in it are stale.",
    "export const p = tc((ctx) => {\n  const eth = ctx.packet.at(Ethernet, 0);\n  if (eth === null) return TC_ACT_OK;\n  bpf_skb_pull_data(ctx, 64);\n  return eth.type === 5 ? TC_ACT_SHOT : TC_ACT_OK;\n});",
  ),
  SK4001: whole(
    "Functions that are inlined in each other doubled and doubled.",
    `${Array.from({ length: 20 }, (_, n) => `/** @inline */ function f${n}(x: u32): u32 { return ${n === 0 ? "x" : `f${n - 1}(x) + f${n - 1}(x)`}; }`).join("\n")}\nexport const p = xdp((ctx) => (f19(ctx.packet.length) > 3 ? XDP_PASS : XDP_DROP));`,
  ),
  SK4002: whole(
    "The frame has 512 bytes, shared by all functions that call each other.",
    "interface Big { bytes: FixedArray<u64, 70> }\nexport const big = array<Big>({ maxEntries: 1 });\nexport const p = xdp(() => {\n  const value = zeroed<Big>();\n  big.set(0, value);\n  return XDP_PASS;\n});",
  ),
  SK4003: { why: "A limit of the instruction set was reached, such as the distance of a jump before cpu v4.", source: null },
  SK5001: { why: "A `.c` file: the message is clang's.", source: null },
  SK5002: { why: "A `.c` file: the message is clang's.", source: null },
};

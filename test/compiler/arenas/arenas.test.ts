/** Arenas in the language: lists and tables that programs build in them, in both engines; what verifiers and clang say of the same; what is refused. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { openBtf } from "../../../src/btf/btf.ts";
import { compileC } from "../../../src/clang/compile-c.ts";
import { compileSource } from "../../../src/compiler/compile.ts";
import { openEmbedded } from "../../../src/engine/embedded/engine.ts";
import { MapError } from "../../../src/engine/errors.ts";
import { probeLinux } from "../../../src/engine/linux/engine.ts";
import { decode } from "../../../src/isa/decode.ts";
import type { Instruction } from "../../../src/isa/instruction.ts";
import { operationOf } from "../../../src/isa/operation.ts";
import { openKernelTarget } from "../../../src/kernels/types.ts";
import { readObject } from "../../../src/object/read.ts";
import type { Spec } from "../../../src/object/spec.ts";
import { writeObject } from "../../../src/object/write/write.ts";
import { check } from "../../../src/verifier/index.ts";
import { WAYS } from "../../calls/objects.ts";
import { check as checkRows, row } from "../refusals.ts";
import { arenaSpec, EXPECTED, told, useArena } from "./run.ts";
import "../../kernel/leaks.ts";

const MEMORY = 16 << 20;

/** A program of a source whose arena is `heap`, with a node type. */
function source(body: string, top = ""): string {
  return `import { arena, array, atomicAdd, atomicOr, compareExchange, bpf_loop, bpf_get_current_comm, print, range, syscall, u64, u32, i32, type FixedArray, type FixedString, type i8, type Pointer, xdp, zeroed } from "skep/bpf";
export const heap = arena({ pages: 8 });
interface Node { value: u64; next: Pointer<Node> | null }
interface Out { a: u64; b: u64; c: u64; d: u64 }
${top}
export const program = syscall<Out>((out) => {
  ${body}
});`;
}

/** What the program left in its `Out`. */
async function ran(text: string, options: object = { execution: "interpreter" }, spec?: Spec): Promise<readonly bigint[]> {
  await using engine = openEmbedded({ ...options, memory: MEMORY });
  await using collection = await engine.load(spec ?? compileSource(text, { file: "arena.bpf.ts" }));
  const { context } = collection.programs["program"]!.run({ context: new Uint8Array(32) });
  const bytes = context as Uint8Array;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [0, 8, 16, 24].map((offset) => view.getBigUint64(offset, true));
}

describe("a list and a table that programs build, and user space walks", () => {
  for (const { way, options } of WAYS) {
    for (const cpu of [3, 4] as const) {
      test(`${way}, cpu v${cpu}`, async () => {
        await using engine = openEmbedded({ ...options, memory: MEMORY });
        assert.deepEqual(await useArena(engine, arenaSpec(cpu)), EXPECTED);
      });
    }
  }

  const probe = probeLinux();
  test("in this kernel", { skip: probe.available ? false : probe.reason }, (t) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "load.ts")], { encoding: "utf8" });
    if (status === 3) {
      t.skip(stderr.trim());
      return;
    }
    assert.equal(status, 0, stderr);
    assert.deepEqual(stdout.trim().split("\n"), [told(EXPECTED), told(EXPECTED)]);
  });

  for (const kernel of ["6.12", "6.18"] as const) {
    for (const cpu of [3, 4] as const) {
      test(`the verifier of ${kernel} takes the programs for cpu v${cpu}`, async () => {
        const spec = arenaSpec(cpu);
        for (const program of spec.programs) {
          const { verdict, unfit } = await check(spec, program, openKernelTarget(kernel));
          assert.equal(unfit ?? verdict?.refusal?.text ?? "accepted", "accepted", program.name);
        }
      });
    }
  }

  test("a kernel that has no arenas is told since when there are", async () => {
    const spec = arenaSpec();
    const { verdict } = await check(spec, spec.programs[0]!, openKernelTarget("6.1"));
    assert.match(verdict?.refusal?.text ?? "", /no maps of type arena, which came with Linux 6\.9/);
  });

  test("an object of it is read as it was", async () => {
    const spec = readObject(writeObject(arenaSpec()), { name: "arenas" });
    await using engine = openEmbedded({ memory: MEMORY });
    assert.deepEqual(await useArena(engine, spec), EXPECTED);
  });
});

const clang = spawnSync("clang-19", ["--version"]).status === 0;

describe("the same programs in C, by clang 19", { skip: clang ? false : "needs clang-19" }, () => {
  let theirs: Spec | null = null;
  before(async () => {
    theirs = await compileC(join(import.meta.dirname, "arenas.bpf.c"), { clang: "clang-19", cpu: 4 });
  });

  test("do the same", async () => {
    assert.ok(theirs);
    await using engine = openEmbedded({ memory: MEMORY });
    assert.deepEqual(await useArena(engine, theirs), EXPECTED);
  });

  test("are no shorter, and cast as often", () => {
    assert.ok(theirs);
    for (const program of arenaSpec(4).programs) {
      const other = theirs.programs.find(({ name }) => name === program.name);
      assert.ok(other);
      const [ours, clangs] = [program, other].map(({ code }) => decode(code));
      assert.ok(ours && clangs);
      const casts = (code: readonly Instruction[]) =>
        code.filter((instruction) => operationOf(instruction)?.kind === "address-space-cast").length;
      const told = `${program.name}: ${ours.length} instructions and ${casts(ours)} casts, clang ${clangs.length} and ${casts(clangs)}`;
      assert.ok(casts(ours) <= casts(clangs), told);
      assert.ok(ours.length <= clangs.length * 1.1, told);
    }
  });
});

describe("pointers", () => {
  test("are null until they are assigned, compare with each other, and are numbers", async () => {
    const text = source(
      `const page = heap.allocPages<FixedArray<Node, 4>>();
       if (page === null) return 1;
       const first = page[0], second = page[1];
       first.next = second;
       second.next = first;
       out.a = u64(first.next === second) + u64(second.next !== first) * 2 + u64(first === second) * 4;
       out.b = u64(second) - u64(first);
       out.c = u64(page[2].next);
       first.next = null;
       out.d = first.next === null ? 7 : 8;
       return 0;`,
    );
    for (const { options } of WAYS) assert.deepEqual(await ran(text, options), [1n, 16n, 0n, 7n]);
  });

  test("are parameters and results of functions, generic ones and sub-programs, too", async () => {
    const text = source(
      `const nodes = heap.allocPages<FixedArray<Node, 3>>();
       if (nodes === null) return 1;
       nodes[0].value = 5;
       nodes[0].next = nodes[1];
       const last = lastOf(nodes[0]);
       last.value = 6;
       out.a = nodes[1].value;
       out.b = sum(nodes[0]);
       out.c = u64(same(last, nodes[1]));
       out.d = u64(maybe(null) === null);
       return 0;`,
      `function lastOf(node: Pointer<Node>): Pointer<Node> { return node.next ?? node; }
       /** @noinline */ function sum(node: Pointer<Node>): u64 { const next = node.next; return node.value + (next === null ? 0 : next.value); }
       function same<T>(a: Pointer<T>, b: Pointer<T>): boolean { return u64(a) === u64(b); }
       /** @noinline */ function maybe(node: Pointer<Node> | null): Pointer<Node> | null { return node === null ? null : node.next; }`,
    );
    for (const { options } of WAYS) assert.deepEqual(await ran(text, options), [6n, 11n, 1n, 1n]);
  });

  test("are kept by variables, values of maps and structs of the frame, and used in callbacks", async () => {
    const text = source(
      `const nodes = heap.allocPages<FixedArray<Node, 3>>();
       if (nodes === null) return 1;
       kept.set(0, { node: nodes[2] });
       nodes[2].value = 9;
       const entry = kept.get(0);
       if (entry === null) return 2;
       const pair: Kept = { node: entry.node };
       const node = pair.node;
       if (node === null) return 3;
       bpf_loop(3, () => { node.value += 1; });
       out.a = nodes[2].value;
       table[1] = node;
       out.b = table[1]?.value ?? 0;
       out.c = table[0]?.value ?? 77;
       return 0;`,
      `interface Kept { node: Pointer<Node> | null }
       export const kept = array<Kept>({ maxEntries: 1 });
       export let table: FixedArray<Pointer<Node> | null, 4>;`,
    );
    for (const { options } of WAYS) assert.deepEqual(await ran(text, options), [12n, 12n, 77n, 0n]);
  });

  test("lead to structs in structs, arrays, texts and narrow signed numbers; copies are copies", async () => {
    const text = source(
      `const it = heap.allocPages<Thing>();
       if (it === null) return 1;
       it.inner.x = -5;
       it.name = "arena";
       it.list = [1, 2, 3];
       const copy: Inner = { ...it.inner };
       it.inner.x -= 1;
       let sum: u32 = 0;
       for (const n of it.list) sum += n;
       out.a = u64(copy.x === -5 && it.inner.x === -6);
       out.b = u64(it.name === "arena" && it.name.startsWith("are"));
       out.c = u64(sum);
       out.d = u64(it.flags);
       it.flags = 5;
       out.d += u64(it.flags);
       print(\`\${it.name} \${it.inner.x}\`);
       return 0;`,
      `interface Inner { y: u32; x: i8 }
       interface Thing { pad: u8; inner: Inner; name: FixedString<8>; list: FixedArray<u32, 3>; flags: Bits<u32, 3> }`,
    ).replace("type FixedArray", "type Bits, type u8, type FixedArray");
    for (const cpu of [3, 4] as const) {
      const spec = compileSource(text, { file: "arena.bpf.ts", cpu });
      for (const { options } of WAYS) assert.deepEqual(await ran(text, options, spec), [1n, 1n, 6n, 5n]);
    }
  });

  test("lead to what is changed atomically", async () => {
    const text = source(
      `const node = heap.allocPages<Node>();
       if (node === null) return 1;
       atomicAdd(node.value, 5);
       atomicOr(node.value, 8);
       out.a = atomicAdd(node.value, 1);
       out.b = compareExchange(node.value, 14, 20);
       out.c = node.value;
       return 0;`,
    );
    for (const { options } of WAYS) assert.deepEqual(await ran(text, options), [13n, 14n, 20n, 0n]);
  });

  test("are exchanged in one piece, as lists of several CPUs want it", async () => {
    const text = source(
      `const nodes = heap.allocPages<FixedArray<Node, 3>>();
       if (nodes === null) return 1;
       for (let i = 0; i < 3; i++) {
         nodes[i].value = i + 1;
         if (!push(nodes[i])) return 2;
       }
       const all = exchange(pool.head, null);
       if (all === null) return 3;
       out.a = all.value;
       out.b = u64(pool.head);
       exchange(kept, all);
       out.c = u64(compareExchange(kept, null, all.next) === all);
       out.d = kept?.value ?? 0;
       return 0;`,
      `interface Pool { head: Pointer<Node> | null }
       /** @arena */ export let pool: Pool;
       export let kept: Pointer<Node> | null = null;
       function push(node: Pointer<Node>): boolean {
         for (const _ of range(16)) {
           const first = pool.head;
           node.next = first;
           if (compareExchange(pool.head, first, node) === first) return true;
         }
         return false;
       }`,
    ).replace("{ arena,", "{ arena, exchange,");
    const spec = compileSource(text, { file: "arena.bpf.ts" });
    for (const { options } of WAYS) assert.deepEqual(await ran(text, options, spec), [3n, 0n, 1n, 3n]);
    for (const kernel of ["6.12", "6.18"] as const) {
      const { verdict } = await check(spec, spec.programs[0]!, openKernelTarget(kernel));
      assert.equal(verdict?.refusal?.text, undefined, kernel);
    }
  });

  test("are followed in loops of which only the list says where they end", async () => {
    const text = source(
      `const nodes = heap.allocPages<FixedArray<Node, 200>>();
       if (nodes === null) return 1;
       for (let i = 0; i < 200; i++) {
         nodes[i].value = i;
         nodes[i].next = head;
         head = nodes[i];
       }
       for (let node = head; node !== null && canLoop(); node = node.next) {
         if (node.value === 3) continue;
         out.a += node.value;
       }
       let last: Pointer<Node> | null = null;
       let node = head;
       while (canLoop()) {
         if (node === null) break;
         last = node;
         node = node.next;
       }
       out.b = last === nodes[0] ? 1 : 0;
       return 0;`,
      "export let head: Pointer<Node> | null = null;",
    ).replace("{ arena,", "{ arena, canLoop,");
    const spec = compileSource(text, { file: "arena.bpf.ts" });
    for (const { options } of WAYS) assert.deepEqual(await ran(text, options, spec), [19_897n, 1n, 0n, 0n]);
    for (const kernel of ["6.12", "6.18"] as const) {
      const { verdict } = await check(spec, spec.programs[0]!, openKernelTarget(kernel));
      assert.equal(verdict?.refusal?.text, undefined, kernel);
    }
  });

  test("are cast once each, where clang does", async () => {
    const text = source(
      "const node = head;\nif (node === null) return 1;\nnode.value += 1;\nhead = node.next;\nreturn 0;",
      "export let head: Pointer<Node> | null;",
    );
    const spec = compileSource(text, { file: "arena.bpf.ts" });
    const kinds = decode(spec.programs[0]!.code).map((instruction) => operationOf(instruction)?.kind);
    assert.equal(kinds.filter((kind) => kind === "address-space-cast").length, 1);
    assert.equal(kinds[0], "wide", "kernels learn which arena it is of");
    assert.deepEqual(spec.programs[0]?.relocations.map(({ kind, map, slot }) => [slot, kind, map]).slice(0, 1), [
      [0, "map", "heap"],
    ]);
  });
});

describe("pages", () => {
  test("are as many as the type takes, or as are said, given back, and set aside", async () => {
    const text = source(
      `const big = heap.allocPages<FixedArray<Node, 300>>();
       if (big === null) return 1;
       const end = heap.allocPages<Node>(1, u64(big) + 4096 * 7);
       out.a = end === null ? 0 : (u64(end) - u64(big)) / 4096;
       out.b = u64(heap.allocPages<Node>(6) === null);
       heap.freePages(big);
       out.c = u64(heap.allocPages<Node>(7) !== null);
       out.d = u64(heap.reservePages(u64(big), 1) === -16);
       heap.at<Node>(u64(big) + 16).value = 3;
       return big[1].value === 3 ? 0 : 2;`,
    );
    for (const { options } of WAYS) assert.deepEqual(await ran(text, options), [7n, 1n, 1n, 1n]);
  });
});

describe("what user space has of it", () => {
  const text = source(
    "return 0;",
    "/** @arena */ export let first: Node = { value: 5, next: null };\n/** @arena */ export let second: Node;",
  );

  test("variables by name, structs by address, and their pointers as addresses", async () => {
    await using engine = openEmbedded({ memory: MEMORY });
    await using collection = await engine.load(compileSource(text, { file: "arena.bpf.ts" }));
    const heap = collection.maps["heap"]!;
    assert.equal(heap.pages, 1);
    assert.deepEqual(collection.variables["first"]?.get(), { value: 5n, next: 0n });
    const [first, second] = [heap.address, heap.address + 16n];
    collection.variables["first"]?.set({ value: 6n, next: second });
    heap.setAt(second, "Node", { value: 7n, next: 0n });
    assert.deepEqual(
      [...heap.list(first, "Node", "next")],
      [
        { value: 6n, next: second },
        { value: 7n, next: 0n },
      ],
    );
  });

  test("what is wrong is told", async () => {
    await using engine = openEmbedded({ memory: MEMORY });
    await using collection = await engine.load(compileSource(text, { file: "arena.bpf.ts" }));
    const heap = collection.maps["heap"]!;
    const refused = (use: () => unknown, message: RegExp) =>
      assert.throws(use, (error) => error instanceof MapError && error.code === "invalid" && message.test(error.message));
    refused(() => heap.getAt(0n, "Node"), /nothing lies at the null pointer/);
    refused(() => heap.getAt(heap.address - 8n, "Node"), /expected an address from 0x/);
    refused(() => heap.getAt(heap.address + 8n * 4096n - 8n, "Node"), /expected an address from 0x/);
    refused(() => heap.getAt(heap.address, "Nod"), /no struct of the Spec is called Nod; did you mean Node\?/);
    refused(() => [...heap.list(heap.address, "Node", "last")], /Node has no pointer last/);
    heap.setAt(heap.address, "Node", { value: 0n, next: heap.address });
    refused(() => [...heap.list(heap.address, "Node", "next")], /leads back into itself/);
    assert.throws(() => heap.setAt(heap.address, "Node", { value: -1n, next: 0n }), /Node\.value/);
  });

  test("types describe what pointers lead to, and lists lead into themselves", () => {
    const { types } = arenaSpec();
    assert.ok(types);
    const btf = openBtf(types);
    const node = btf.type(btf.find("Node", "struct")!);
    assert.ok(node.kind === "struct");
    const pointer = btf.type(node.members[1]!.type);
    assert.ok(pointer.kind === "pointer");
    assert.equal(pointer.type, node.id);
    assert.ok(btf.find("Page", "struct") !== undefined, "of a type argument");
  });
});

describe("options", () => {
  test("are how many pages, and where", () => {
    const { maps } = compileSource(source("return 0;").replace("{ pages: 8 }", "{ pages: 8, address: 1n << 44n }"), {
      file: "arena.bpf.ts",
    });
    const { type, maxEntries, flags, extra } = maps[0]!;
    assert.deepEqual([type, maxEntries, flags, extra], ["arena", 8, 0x400, 1n << 44n]);
  });

  test("what is wrong with them", () => {
    const declared = (options: string) =>
      `import { arena } from "skep/bpf";\nexport const heap = arena(${options});\nexport const p = xdp(() => XDP_PASS);`;
    checkRows([
      row("SK3002", declared("{ maxEntries: 4 }"), "maxEntries: 4", /arena\(\{ pages: 16 \}\)/),
      row("SK3002", declared("{}"), "{}"),
      row("SK3002", declared("{ pages: 0 }"), "0"),
      row("SK3002", declared("{ pages: 1, address: 5 }"), "5"),
      row("SK3003", declared("{ pages: 1 }").replace("arena(", "arena<u32>("), "<u32>"),
    ]);
  });
});

describe("what is refused", () => {
  const refused = (code: Parameters<typeof row>[0], body: string, place: string, hint?: RegExp, top = "") =>
    row(
      code,
      `import { arena, atomicOr, bpf_get_current_comm, kprobe, syscall, type FixedString, type Pointer } from "skep/bpf";
interface Node { value: u64; next: Pointer<Node> | null; name: FixedString<16> }
export const heap = arena({ pages: 8 });
${top}
export const p = syscall<Node>((out) => {
  ${body}
  return 0;
});`,
      place,
      hint,
    );

  test("pointers that are none", () =>
    checkRows([
      refused("SK3110", "", "Pointer<Node>", /\| null/, "interface Bad { next: Pointer<Node> }"),
      refused("SK3110", "", "u32", /interface Cell/, "interface Bad { next: Pointer<u32> | null }"),
      refused("SK3110", "", "Pointer<Ipv4>".slice(8, 12), /interface/, "interface Bad { next: Pointer<Ipv4> | null }"),
      refused("SK3110", "", "Pointer", undefined, "interface Bad { next: Pointer | null }"),
      refused(
        "SK3110",
        "",
        "Pointer<Node> | null",
        /struct/,
        "export const bad = hash<u32, Pointer<Node> | null>({ maxEntries: 1 });",
      ),
      refused("SK3110", "const x = heap.allocPages();", "heap.allocPages()", /heap\.allocPages<Node>/),
      refused("SK3110", "const x = heap.at<u32>(5);", "u32"),
    ]));

  test("other memory than the arena's, where that is wanted, and the arena's where it is not", () =>
    checkRows([
      refused("SK3112", "out.next = out;", "out", /allocPages<Node>/),
      refused("SK3112", 'out.next = { value: 1, next: null, name: "" };', '{ value: 1, next: null, name: "" }', /allocate one/),
      refused(
        "SK3112",
        "const n = heap.allocPages<Node>(); if (n === null) return 1; use(n);",
        "n",
        /Pointer<Node>/,
        "function use(node: Node): u64 { return node.value; }",
      ),
      refused("SK3112", "const n: Node | null = heap.allocPages<Node>();", "heap.allocPages<Node>()", /Pointer<Node>/),
      refused("SK2301", "heap.allocPages<Node>().value = 5;", "heap.allocPages<Node>()"),
      refused("SK2114", "const n = heap.allocPages<Node>(); if (n === null) return 1; bpf_get_current_comm(n.name);", "n.name"),
      refused("SK2101", "const n = heap.allocPages<Node>(); if (n === null) return 1; n.value = n;", "n"),
      refused("SK2101", "heap.freePages(5);", "5", /heap\.allocPages/),
    ]));

  test("what the arena's programs cannot do", () =>
    checkRows([
      refused(
        "SK3107",
        "const n = heap.allocPages<Node>(); if (n === null) return 1; const old = atomicOr(n.value, 1);",
        "atomicOr(n.value, 1)",
        /compareExchange/,
      ),
      refused(
        "SK3201",
        "",
        "heap.allocPages<Node>()",
        /syscall/,
        'export const q = kprobe("do_exit", () => { const x = heap.allocPages<Node>(); });',
      ),
      refused("SK3004", "heap.get(5);", "get"),
      refused("SK3111", "", "other", /one arena/, "export const other = arena({ pages: 1 });"),
      refused("SK3111", "", "heap", /give it 10/, "/** @arena */ export let large: FixedArray<u64, 5000>;"),
      row(
        "SK3111",
        'import { type Pointer } from "skep/bpf";\ninterface N { next: Pointer<N> | null }\nexport let head: N;\nexport const p = xdp(() => XDP_PASS);',
        "Pointer<N>",
        /arena\(\{ pages: 16 \}\)/,
      ),
      row("SK3111", "/** @arena */\nexport let total: u64;\nexport const p = xdp(() => XDP_PASS);", "total"),
    ]));
});

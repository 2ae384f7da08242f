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
import { compileFor } from "../vmlinux/kernel-source.ts";
import { PROGRAMS, ran, source, specOf } from "./programs.ts";
import { arenaSpec, EXPECTED, told, useArena } from "./run.ts";
import "../../kernel/leaks.ts";

const MEMORY = 16 << 20;

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
    assert.deepEqual(stdout.trim().split("\n"), [told(EXPECTED), told(EXPECTED), told(EXPECTED)]);
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

describe("pointers, and pages", () => {
  for (const program of PROGRAMS) {
    for (const { way, options } of WAYS) {
      test(`${program.name}: ${way}`, async () => {
        await using engine = openEmbedded({ ...options, memory: MEMORY });
        for (const cpu of [3, 4] as const) assert.deepEqual(await ran(engine, specOf(program, cpu)), program.expected);
      });
    }
    for (const kernel of ["6.12", "6.18"] as const) {
      if (program.since !== undefined && kernel === "6.12") continue;
      test(`${program.name}: the verifier of ${kernel}`, async () => {
        for (const cpu of [3, 4] as const) {
          const spec = specOf(program, cpu);
          const { verdict, unfit } = await check(spec, spec.programs[0]!, openKernelTarget(kernel));
          assert.equal(unfit ?? verdict?.refusal?.text ?? "accepted", "accepted");
        }
      });
    }
  }

  test("take copies of what the kernel has, and give copies to helpers and maps", async () => {
    const text = `import { arena, array, bpf_ringbuf_query, cast, hash, ringBuffer, type FixedString, type Pointer, tpBtf, u64 } from "skep/bpf";
import type { task_struct } from "skep/vmlinux";
interface Node { value: u64; name: FixedString<16>; other: FixedString<16>; short: FixedString<8> }
export const heap = arena({ pages: 2 });
/** @arena */ export let node: Node;
export const seen = hash<u64, Node>({ maxEntries: 4 });
export const events = ringBuffer<Node>({ maxEntries: 4096 });
export const program = tpBtf("sched_switch", (preempt, prev: task_struct, next: task_struct) => {
  node.name = next.comm;
  const far = cast<task_struct>(u64(next.parent));
  node.other = far.comm;
  node.short = far.comm;
  seen.set(node.value, node);
  if (seen.has(node.value)) events.output(node);
});`;
    const spec = compileFor(text);
    for (const kernel of ["6.12", "6.18"] as const) {
      const { verdict, unfit } = await check(spec, spec.programs[0]!, openKernelTarget(kernel));
      assert.equal(unfit ?? verdict?.refusal?.text ?? "accepted", "accepted");
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
      `import { arena, atomicOr, bpf_get_current_comm, kprobe, syscall, type FixedString, type Pointer, type SpinLock } from "skep/bpf";
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
      refused(
        "SK3110",
        "const x = heap.allocPages<Locked>();",
        "Locked",
        /value of a map/,
        "interface Locked { lock: SpinLock; n: u32 }",
      ),
      refused(
        "SK3110",
        "",
        "Locked",
        /value of a map/,
        "interface Locked { lock: SpinLock; n: u32 }\n/** @arena */ export let held: Locked;",
      ),
      refused(
        "SK3110",
        "",
        "Locked",
        undefined,
        "interface Locked { lock: SpinLock; n: u32 }\nexport let held: Pointer<Locked> | null = null;",
      ),
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

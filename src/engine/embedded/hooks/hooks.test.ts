/** Hooks of an application: declared, programmed, asked, exchanged while they are asked. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ValueError } from "../../../btf/errors.ts";
import { compileSource } from "../../../compiler/compile.ts";
import { assemble } from "../../../isa/assemble.ts";
import { encode } from "../../../isa/encode.ts";
import { readObject } from "../../../object/read.ts";
import type { Spec } from "../../../object/spec.ts";
import { AttachError, FaultError, FeatureError, MapError, VerifierError } from "../../errors.ts";
import { type EmbeddedOptions, openEmbedded } from "../engine.ts";
import { array, bool, bytes, defineHook, i16, ipv4, ipv6, mac, struct, text, u8, u16, u32, u64, writable } from "./index.ts";

const request = () =>
  defineHook(
    "http.request",
    { method: u8, pathLength: u16, path: bytes(16), client: ipv4, size: u64, delay: writable(u32) },
    { returns: u32 },
  );

const GIVEN = { method: 1, pathLength: 6, path: "/login", client: "203.0.113.7", size: 5, delay: 0 };

const HEAD = `
import { hook, lruHash, type FixedArray, type u8, type u16, u32, type u64 } from "skep/bpf";
import { ipv4, type Ipv4Address } from "skep/bpf/net";
interface HttpRequest {
  readonly method: u8;
  readonly pathLength: u16;
  readonly path: FixedArray<u8, 16>;
  readonly client: Ipv4Address;
  readonly size: u64;
  delay: u32;
}
export const seen = lruHash<Ipv4Address, u64>({ maxEntries: 16 });
`;

/** A program with this body, at the hook of `request`. */
const program = (body: string, head = HEAD): Spec =>
  compileSource(`${head}\nexport const p = hook<HttpRequest>("http.request", (request) => {\n${body}\n});`, { file: "p.bpf.ts" });

const returning = (verdict: number): Spec => program(`return ${verdict};`);

/** A program of instructions, without types. */
const raw = (assembly: string): Spec => ({
  name: "raw",
  license: "GPL",
  types: null,
  maps: [],
  programs: [
    {
      name: "p",
      section: "hook/http.request",
      type: "unspec",
      attachType: null,
      code: encode(assemble(assembly)),
      relocations: [],
      functions: [],
      lines: [],
    },
  ],
});

const open = (hooks: EmbeddedOptions["hooks"], options: EmbeddedOptions = {}) =>
  openEmbedded({ memory: 1 << 21, ...options, hooks: hooks ?? [] });

for (const execution of ["jit", "interpreter"] as const) {
  describe(`a hook of an application (${execution})`, () => {
    test("programs read its context, write what is writable, and decide", async () => {
      const onRequest = request();
      await using engine = open([onRequest], { execution });
      const body = `
        seen.increment(request.client);
        if (request.client === ipv4("203.0.113.7") && request.method === 1 && request.size > 4) {
          request.delay = request.pathLength * 100;
          if (request.path[0] === 0x2f && request.path[5] === 0x6e && request.path[6] === 0) return 429;
        }
        return 0;`;
      await using collection = await engine.load(program(body));
      assert.equal(onRequest.run(GIVEN), 0, "nothing is attached");
      await collection.programs["p"]!.attach({ hook: onRequest });
      const given = { ...GIVEN };
      assert.equal(onRequest.run(given), 429);
      assert.equal(given.delay, 600);
      assert.equal(onRequest.run({ ...given, client: "192.0.2.1" }), 0);
      assert.equal(onRequest.run({ ...given, path: "/logout" }), 0);
      assert.deepEqual([...collection.maps["seen"]!].sort(), [
        ["192.0.2.1", 1n],
        ["203.0.113.7", 2n],
      ]);
      const { verdict, context } = collection.programs["p"]!.run({ context: Uint8Array.of(1, 0, 9) });
      assert.deepEqual([verdict, context!.length], [0, 40]);
      assert.equal(collection.programs["p"]!.run({ context: GIVEN }).verdict, 429, "what run of the hook takes");
    });

    test("a program that is stopped stops nobody else", async () => {
      const onRequest = request();
      await using engine = open([onRequest], { execution, fuel: 1000, unsafe: true });
      await using wild = await engine.load(raw("r1 = 8\nr0 = *(u8 *)(r1 - 9)\nexit"));
      await using endless = await engine.load(raw("top:\ngoto top\nr0 = 0\nexit"));
      await using good = await engine.load(returning(7));
      const links = [];
      for (const { programs } of [wild, endless, good]) links.push(await programs["p"]!.attach({}));
      assert.equal(onRequest.run(GIVEN), 7);
      assert.deepEqual(
        onRequest.links.map(({ statistics: { runs, faults } }) => [runs, faults]),
        [
          [1, 1],
          [1, 1],
          [1, 0],
        ],
      );
      assert.match(String(onRequest.links[1]!.statistics.lastFault), /1000 instructions/);
      assert.equal(onRequest.links[2]!.statistics.lastFault, null);
    });
  });
}

test("what is not writable is not written, and no byte beyond the context read", async () => {
  const onRequest = request();
  await using engine = open([onRequest], { execution: "interpreter", unsafe: true });
  const written = await engine.load(raw("*(u32 *)(r1 + 32) = 5\nr0 = *(u32 *)(r1 + 32)\nexit"));
  assert.equal(written.programs["p"]!.run().verdict, 5);
  for (const [assembly, why] of [
    ["*(u32 *)(r1 + 0) = 5\nr0 = 0\nexit", /may not write that there/],
    ["*(u64 *)(r1 + 32) = 5\nr0 = 0\nexit", /may not write that there/],
    ["r0 = *(u8 *)(r1 + 40)\nexit", /the context has 40/],
  ] as const) {
    await using collection = await engine.load(raw(assembly));
    assert.throws(
      () => collection.programs["p"]!.run(),
      (error: unknown) => error instanceof FaultError && why.test(error.message),
      assembly,
    );
  }
});

describe("the verdict", () => {
  test("programs are asked in order until one decides", async () => {
    const onRequest = request();
    await using engine = open([onRequest]);
    const attached = async (verdict: number, position: Parameters<NonNullable<typeof a>["programs"][string]["attach"]>[0] = {}) =>
      (await engine.load(returning(verdict))).programs["p"]!.attach(position);
    const a = await engine.load(returning(0));
    const first = await a.programs["p"]!.attach({});
    await attached(3);
    assert.equal(onRequest.run(GIVEN), 3);
    const early = await attached(1, { position: "first" });
    assert.equal(onRequest.run(GIVEN), 1);
    await early.detach();
    await attached(2, { position: { after: first } });
    assert.equal(onRequest.run(GIVEN), 2);
    assert.deepEqual(
      onRequest.links.map(({ statistics }) => statistics.runs),
      [2, 1, 1],
    );
    await assert.rejects(attached(9, { position: { before: early } }), AttachError);
    await assert.rejects(early.update(a.programs["p"]!), /was detached; attach the program anew/);
    assert.equal(onRequest.links.length, 3, "neither is there");
  });

  test("chain: all asks everybody; undecided and onFault are verdicts like any other", async () => {
    const onVote = defineHook("http.request", { x: i16 }, { returns: i16, chain: "all", undecided: -1, onFault: 5 });
    await using engine = open([onVote], { execution: "interpreter", unsafe: true });
    assert.equal(onVote.run({ x: 1 }), -1);
    const texts = ["r0 = -1\nexit", "r0 = *(s16 *)(r1 + 0)\nexit", "r0 = 9\nexit"];
    for (const assembly of texts) await (await engine.load(raw(assembly))).programs["p"]!.attach({});
    assert.equal(onVote.run({ x: -300 }), -300);
    assert.deepEqual(
      onVote.links.map(({ statistics }) => statistics.runs),
      [1, 1, 1],
    );
    const wild = await engine.load(raw("r0 = *(u8 *)(r1 + 99)\nexit"));
    await wild.programs["p"]!.attach({ position: "first" });
    assert.equal(onVote.run({ x: -300 }), 5);
  });

  test("of what a program leaves in r0, the bits of its type count", async () => {
    for (const { returns, undecided, r0, verdict } of [
      { returns: u8, undecided: 0, r0: 0x100, verdict: 7 },
      { returns: u8, undecided: 0, r0: 0x105, verdict: 5 },
      { returns: i16, undecided: -1, r0: 0xffff, verdict: 7 },
      { returns: i16, undecided: -1, r0: 0xfffe, verdict: -2 },
    ] as const) {
      const hook = defineHook("http.request", { x: u8 }, { returns, undecided });
      await using engine = open([hook], { execution: "interpreter" });
      for (const each of [r0, 7]) await (await engine.load(raw(`r0 = ${each}\nexit`))).programs["p"]!.attach({});
      assert.equal(hook.run({ x: 1 }), verdict, `${returns.name} ${r0}`);
    }
    for (const { undecided, r0, verdict } of [
      { undecided: false, r0: 0x100, verdict: true },
      { undecided: true, r0: 2, verdict: true },
      { undecided: true, r0: 0x100, verdict: false },
    ]) {
      const hook = defineHook("http.request", { x: u8 }, { returns: bool, undecided });
      await using engine = open([hook], { execution: "interpreter" });
      for (const each of [r0, 1]) await (await engine.load(raw(`r0 = ${each}\nexit`))).programs["p"]!.attach({});
      assert.equal(hook.run({ x: 1 }), verdict, `bool ${r0}`);
      assert.deepEqual(
        hook.links.map(({ statistics }) => statistics.runs),
        verdict ? [1, 1] : [1, 0],
      );
    }
  });

  test("onFault: throw throws; bool verdicts are booleans", async () => {
    const strict = defineHook("http.request", { x: u8 }, { returns: bool, onFault: "throw" });
    await using engine = open([strict], { execution: "interpreter", unsafe: true });
    const link = await (await engine.load(raw("r0 = *(u8 *)(r1 + 0)\nexit"))).programs["p"]!.attach({});
    assert.deepEqual([strict.run({ x: 2 }), strict.run({ x: 0 })], [true, false]);
    await link.update((await engine.load(raw("r0 = *(u8 *)(r1 + 99)\nexit"))).programs["p"]!);
    assert.throws(() => strict.run({ x: 0 }), FaultError);
  });
});

describe("exchange while requests flow", () => {
  test("the successor goes on with the maps of its predecessor", async () => {
    const onRequest = request();
    await using engine = open([onRequest]);
    const old = await engine.load(program("seen.increment(request.client);\nreturn 1;"));
    await using link = await old.programs["p"]!.attach({});
    const verdicts = [onRequest.run(GIVEN), onRequest.run(GIVEN)];
    const next = await engine.load(program("seen.increment(request.client);\nreturn 2;"), { reuse: old.maps });
    await link.update(next.programs["p"]!);
    await old[Symbol.asyncDispose]();
    verdicts.push(onRequest.run(GIVEN));
    assert.deepEqual(verdicts, [1, 1, 2]);
    assert.deepEqual([...next.maps["seen"]!], [["203.0.113.7", 3n]]);
    assert.throws(() => old.maps["seen"]!.get("203.0.113.7"), MapError);
    const before = engine.memory.used;
    await next[Symbol.asyncDispose]();
    assert.ok(engine.memory.used < before, "the last collection gives the map's memory back");
    assert.deepEqual([onRequest.links.length, onRequest.run(GIVEN)], [0, 0]);
  });

  test("a map of another shape is refused, with what differs", async () => {
    const onRequest = request();
    await using engine = open([onRequest]);
    const old = await engine.load(returning(0));
    const changed = (from: string, to: string) => program("return 0;", HEAD.replace(from, to));
    for (const [spec, why] of [
      [
        changed("lruHash<", "lruHash<").maps.length > 0 ? changed("maxEntries: 16", "maxEntries: 17") : null,
        /maxEntries is 16, the Spec declares 17/,
      ],
      [changed("lruHash<Ipv4Address, u64>", "lruHash<Ipv4Address, u32>"), /valueSize is 8, the Spec declares 4/],
      [
        changed(
          "export const seen = lruHash<Ipv4Address, u64>",
          "interface V { a: u32; b: u32 }\nexport const seen = lruHash<Ipv4Address, V>",
        ),
        /value is an integer, not a struct/,
      ],
    ] as const) {
      await assert.rejects(
        engine.load(spec!, { reuse: old.maps }),
        (error: unknown) => error instanceof MapError && why.test(error.message),
      );
    }
    await using elsewhere = open([]);
    const alone = { ...returning(0), programs: [] };
    await assert.rejects(elsewhere.load(alone, { reuse: old.maps }), /not a map of this engine/);
    await old[Symbol.asyncDispose]();
    await assert.rejects(
      engine.load(returning(0), { reuse: old.maps }),
      (error: unknown) => error instanceof MapError && error.code === "closed",
    );
  });

  test("update takes programs of the same hook only", async () => {
    const one = request();
    const other = defineHook("other", { x: u8 }, { returns: u32 });
    await using engine = open([one, other]);
    const link = await (await engine.load(returning(1))).programs["p"]!.attach({});
    const stray = await engine.load({
      ...raw("r0 = 0\nexit"),
      programs: raw("r0 = 0\nexit").programs.map((p) => ({ ...p, section: "hook/other" })),
    });
    await assert.rejects(link.update(stray.programs["p"]!), AttachError);
    await assert.rejects(stray.programs["p"]!.attach({ hook: one }), /is for the hook other, not for http.request/);
    await assert.rejects(stray.programs["p"]!.attach({ interface: "eth0" }), /leave interface out/);
  });
});

test("functions of the application are called by name, with the numbers that their types hold", async () => {
  const calls: number[][] = [];
  let again = (): number => 0;
  const hook = defineHook(
    "http.request",
    { method: u8, pathLength: u16, path: bytes(16), client: ipv4, size: u64, delay: writable(u32) },
    {
      returns: u32,
      functions: {
        note: { args: [u8, i16], returns: i16, run: (a, b) => calls.push([a, b]) - 2 },
        fail: { args: [], returns: u32, run: (): number => again() },
      },
    },
  );
  await using engine = open([hook]);
  const head = `${HEAD}\ndeclare function note(a: u8, b: i16): i16;\ndeclare function fail(): u32;`.replace(
    "type u8,",
    "u8, i16,",
  );
  const collection = await engine.load(program("return u32(note(u8(request.pathLength + 254), i16(-2)) + 100);", head));
  const link = await collection.programs["p"]!.attach({});
  assert.equal(hook.run(GIVEN), 99);
  assert.deepEqual(calls, [[4, -2]]);
  await link.update((await engine.load(program("return fail();", head))).programs["p"]!);
  again = () => hook.run(GIVEN);
  assert.throws(() => hook.run(GIVEN), /may not run a hook/);
  const stranger = program("return other();", `${HEAD}\ndeclare function other(): u32;`);
  await assert.rejects(engine.load(stranger), (error: unknown) => error instanceof FeatureError && /other/.test(error.message));
  assert.throws(
    () => defineHook("x", { a: u8 }, { returns: u32, functions: { f: { args: [u64 as never], returns: u32, run: () => 0 } } }),
    /64 bits/,
  );
});

describe("the context's types", () => {
  test("lie in memory as C lays them out, and as the compiler does", async () => {
    const hook = defineHook(
      "a.b",
      {
        flag: bool,
        small: u8,
        big: u64,
        client: ipv6,
        hardware: mac,
        agent: writable(text(9)),
        inner: struct({ a: u8, list: array(u16, 3) }),
        last: writable(bytes(3)),
        own: writable(struct({ a: u8, list: array(u16, 2) })),
      },
      { returns: u32 },
    );
    const source = `${hook.declaration().replace("import { hook,", "import { hook, u32,").replace("type u8 }", "type u8 }")}
      export const p = hook<AB>("a.b", (c) => {
        c.last[1] = c.agent.bytes[0]!;
        c.agent.bytes[0] = 0x46;
        c.own.list[1] += 3;
        return c.inner.list[2] + u32(c.big) + c.client[15] + c.hardware[5] + c.agent.length + (c.flag ? c.small : 0);
      });`;
    await using engine = open([hook]);
    await using collection = await engine.load(compileSource(source, { file: "ab.bpf.ts" }));
    await collection.programs["p"]!.attach({});
    const given = {
      flag: true,
      small: 7,
      big: 1000n,
      client: "2001:db8::5",
      hardware: "02:00:00:00:00:20",
      agent: "für Käse!",
      inner: { a: 1, list: [1, 2, 30_000] },
      last: "xyz" as string | Uint8Array,
      own: { a: 1, list: [5, 6] },
    };
    assert.equal(hook.run(given), 30_000 + 1000 + 5 + 32 + 9 + 7);
    assert.deepEqual([given.agent, given.last, given.own], ["Für Käs", Uint8Array.of(120, 102, 122), { a: 1, list: [5, 9] }]);
    assert.equal(hook.size, 72);
  });

  test("clang lays its header out the same, and its program runs", async (t) => {
    if (spawnSync("clang-19", ["--version"]).status !== 0) return t.skip("needs clang-19");
    const answers: number[] = [];
    const hook = defineHook(
      "http.request",
      {
        method: u8,
        path: bytes(16),
        agent: text(5),
        client: ipv4,
        inner: struct({ a: u8, list: array(u16, 2) }),
        delay: writable(u32),
      },
      { returns: u32, functions: { respond: { args: [u32], returns: u32, run: (status) => answers.push(status) + 200 } } },
    );
    const folder = mkdtempSync(join(tmpdir(), "skep-hook-"));
    try {
      writeFileSync(join(folder, "hook.h"), hook.header());
      writeFileSync(
        join(folder, "p.c"),
        `#include "hook.h"
         __attribute__((section("hook/http.request"), used)) int p(struct http_request *ctx) {
           ctx->delay = sizeof(*ctx) + ctx->agent.bytes[1];
           return ctx->method == 3 && ctx->inner.list[1] == 513 ? respond(ctx->path[15]) : 0;
         }
         char _license[] __attribute__((section("license"))) = "GPL";`,
      );
      const args = ["-O2", "-g", "--target=bpf", "-mcpu=v3", "-I/usr/include/x86_64-linux-gnu", "-c", "p.c", "-o", "p.o"];
      const made = spawnSync("clang-19", args, { cwd: folder, encoding: "utf8" });
      assert.equal(made.status, 0, made.stderr);
      await using engine = open([hook]);
      await using collection = await engine.load(await readObject(readFileSync(join(folder, "p.o")), { name: "p" }));
      await collection.programs["p"]!.attach({});
      const given = {
        method: 3,
        path: "0123456789abcdef",
        agent: "curl",
        client: "10.0.0.1",
        inner: { a: 0, list: [1, 513] },
        delay: 0,
      };
      assert.deepEqual([hook.run(given), answers, given.delay], [201, ["f".charCodeAt(0)], hook.size + "u".charCodeAt(0)]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("text is cut at a whole character, and says so; what does not fit a type is refused with its path", async () => {
    const hook = defineHook("a.b", { name: text(4), tail: bytes(4), list: array(u8, 2), at: ipv4, six: ipv6 }, { returns: u32 });
    await using engine = open([hook]);
    const spec = compileSource(`${hook.declaration()}\nexport const p = hook<AB>("a.b", (c) => 0);`, { file: "ab.bpf.ts" });
    const { p } = (await engine.load(spec)).programs;
    const good = { name: "abc", tail: "é", list: [1, 2], at: "::ffff:192.0.2.33", six: "192.0.2.1" };
    const bytesOf = (context: object) => p!.run({ context: context as Record<string, number> }).context!;
    assert.deepEqual([...bytesOf({ ...good, name: "aßc€" }).subarray(0, 7)], [4, 0, 1, 0x61, 0xc3, 0x9f, 0x63]);
    assert.deepEqual([...bytesOf({ ...good, name: "aßß" }).subarray(0, 7)], [3, 0, 1, 0x61, 0xc3, 0x9f, 0]);
    assert.deepEqual(
      [...bytesOf(good).subarray(0, 20)],
      [3, 0, 0, 97, 98, 99, 0, 0, 0xc3, 0xa9, 0, 0, 1, 2, 0, 0, 192, 0, 2, 33],
    );
    assert.deepEqual([...bytesOf(good).subarray(20)], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1]);
    assert.deepEqual([...bytesOf({ ...good, tail: Uint8Array.of(9, 8, 7, 6, 5) }).subarray(8, 12)], [9, 8, 7, 6]);
    for (const [wrong, path] of [
      [{ name: 5 }, "a.b.name"],
      [{ tail: 5 }, "a.b.tail"],
      [{ list: [1] }, "a.b.list"],
      [{ list: [1, 256] }, "a.b.list[1]"],
      [{ list: [1, 0.5] }, "a.b.list[1]"],
      [{ six: "1:2" }, "a.b.six"],
      ...[
        "",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.",
        ".1.2.3",
        "1..2.3",
        "1.2.3.4 ",
        "0001.2.3.4",
        undefined,
      ].map((at) => [{ at }, "a.b.at"] as const),
    ] as const) {
      assert.throws(
        () => bytesOf({ ...good, ...wrong }),
        (error: unknown) => error instanceof ValueError && error.path === path,
        JSON.stringify(wrong),
      );
    }
    await p!.attach({});
    assert.throws(() => hook.run(null as never), /an object with name, tail/);
  });

  test("a program compiled with another idea of the context is refused; one that knows less is not", async () => {
    const now = defineHook("http.request", { method: u8, pathLength: u16, path: bytes(16), extra: u32 }, { returns: u32 });
    await using engine = open([now]);
    await assert.rejects(
      engine.load(returning(0)),
      (error: unknown) => error instanceof VerifierError && /http_request.client does not exist/.test(error.message),
    );
    const less = HEAD.replace(/ {2}readonly client.*delay: u32;\n/s, "");
    await engine.load(program("return request.pathLength;", less));
    const moved = less.replace("  readonly method: u8;\n", "");
    await assert.rejects(engine.load(program("return 0;", moved)), /pathLength is at byte 2, not at 0/);
  });
});

test("what cannot be declared says why; a hook has one engine at a time", async () => {
  for (const [declare, why] of [
    [() => defineHook("Http", { a: u8 }, { returns: u32 }), /a name like/],
    [() => defineHook("a", {}, { returns: u32 }), /at least one field/],
    [() => defineHook("a", { "a-b": u8 }, { returns: u32 }), /no name in C/],
    [() => defineHook("a", { a: bytes(1000) }, { returns: u32 }), /1 to 999/],
    [() => defineHook("a", { a: array(bytes(999), 20) }, { returns: u32 }), /16384/],
    [() => defineHook("a", { a: u8 }, { returns: u64 as never }), /32 bits/],
  ] as const)
    assert.throws(declare, (error: unknown) => error instanceof RangeError && why.test(error.message));
  const hook = request();
  const engine = open([hook]);
  assert.throws(() => open([hook]), /another engine has this hook/);
  await engine[Symbol.asyncDispose]();
  await using next = open([hook]);
  await using none = open([]);
  await assert.rejects(none.load(returning(0)), /has no hook http.request; open it with the hook/);
  await assert.rejects(
    next.load({ ...returning(0), programs: returning(0).programs.map((p) => ({ ...p, section: "hook/x" })) }),
    /it has http.request/,
  );
});

/** The embedded engine as a target of the verifier, and what an engine does with its verdicts. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type MapShape, specOf } from "../../../../test/contract/specs.ts";
import { compileSource } from "../../../compiler/compile.ts";
import { assemble } from "../../../isa/assemble.ts";
import { encode } from "../../../isa/encode.ts";
import type { Spec } from "../../../object/spec.ts";
import { ATTACH_TYPE, type AttachType } from "../../../uapi/attach-types.ts";
import { FaultError, FeatureError, VerifierError } from "../../errors.ts";
import type { ContextRules } from "../access.ts";
import { realClock } from "../clock.ts";
import { type EmbeddedOptions, openEmbedded } from "../engine.ts";
import type { Executor } from "../executor.ts";
import { defineHook, u8, u32, writable } from "../hooks/index.ts";
import { Memory } from "../memory.ts";
import { loadKind } from "../programs/kinds.ts";
import { Room } from "../room/room.ts";
import { embeddedTarget } from "./target.ts";

const MEMORY = 4 << 20;
const open = (options: EmbeddedOptions = {}) => openEmbedded({ memory: MEMORY, ...options });

/** Reads a byte that nobody checked; the packet has it all the same. */
const UNCHECKED = "r2 = *(u32 *)(r1 + 0)\nr0 = *(u8 *)(r2 + 0)\nexit";
const CHECKED = `
  r2 = *(u32 *)(r1 + 0)
  r3 = *(u32 *)(r1 + 4)
  r4 = r2
  r4 += 1
  r0 = 1
  if r4 > r3 goto +1
  r0 = *(u8 *)(r2 + 0)
  exit`;

const xdp = (text: string, maps: Record<string, MapShape> = {}): Spec => specOf(maps, { main: text });

async function refusalOf(spec: Spec, options: EmbeddedOptions = {}): Promise<VerifierError> {
  await using engine = open(options);
  try {
    await engine.load(spec);
  } catch (error) {
    if (error instanceof VerifierError) return error;
    throw error;
  }
  return assert.fail("it was loaded");
}

describe("an engine loads what its verifier proves", () => {
  test("and runs it bare, without fuel", async () => {
    await using engine = open({ fuel: 10 });
    const collection = await engine.load(xdp(`r1 = 1000\ntop:\nr1 -= 1\nif r1 != 0 goto top\nr0 = 2\nexit`));
    assert.equal(collection.programs["main"]!.run({ packet: new Uint8Array(60) }).verdict, 2);
  });

  test("the rest is refused with the kernel's words, the log and an explanation", async () => {
    const error = await refusalOf(xdp(UNCHECKED));
    assert.match(error.message, /^program main: refused by the verifier.*the packet/);
    assert.match(error.message, /invalid access to packet, off=0 size=1, R2\(id=0,off=0,r=0\)/);
    assert.ok(error.log.some((line) => line.startsWith("1: (71) r0 = *(u8 *)(r2 +0)")));
    assert.ok(error.log.at(-1)?.startsWith("processed 2 insns"));
    assert.equal(error.explanation?.category, "Memory");
  });

  test("functions that the Spec does not name need no names", async () => {
    await using engine = open();
    const spec = xdp("call two\nexit\ntwo:\nr0 = 2\nexit");
    assert.equal(spec.programs[0]!.functions.length, 1);
    assert.equal((await engine.load(spec)).programs["main"]!.run({ packet: new Uint8Array(60) }).verdict, 2);
  });

  test("nothing is left behind of a Spec with one refused program", async () => {
    await using engine = open();
    const { used } = engine.memory;
    const spec = specOf(
      { counts: { type: "array", maxEntries: 8, key: "u32", value: "u64" } },
      { good: CHECKED, bad: UNCHECKED },
    );
    await assert.rejects(engine.load(spec), VerifierError);
    assert.equal(engine.memory.used, used);
    const { programs } = await engine.load(spec, { programs: ["good"] });
    assert.equal(programs["good"]!.run({ packet: Uint8Array.of(7, ...new Uint8Array(59)) }).verdict, 7);
  });

  test("unless it says unsafe: then nobody is asked, and every access is checked", async () => {
    await using engine = open({ unsafe: true, fuel: 1000 });
    const spec = specOf({}, { reads: UNCHECKED, null: "r1 = 0\nr0 = *(u8 *)(r1 + 0)\nexit", endless: "top:\ngoto top" });
    const { programs } = await engine.load(spec);
    assert.equal(programs["reads"]!.run({ packet: Uint8Array.of(9, ...new Uint8Array(59)) }).verdict, 9);
    for (const name of ["null", "endless"])
      assert.throws(() => programs[name]!.run({ packet: new Uint8Array(60) }), FaultError, name);
  });

  test("a verifier of one's own is asked instead; what it refuses runs checked where the engine says unsafe", async () => {
    const asked: string[] = [];
    const verify: EmbeddedOptions["verify"] = ({ name }) => {
      asked.push(name);
      return name === "bad" ? new VerifierError(name, ["no"], `${name}: no`) : null;
    };
    const spec = specOf({}, { bad: UNCHECKED, good: UNCHECKED });
    await assert.rejects((async () => open({ verify }).load(spec))(), /bad: no/);
    await using engine = open({ verify, unsafe: true, fuel: 1000 });
    const { programs } = await engine.load(spec);
    assert.deepEqual(asked, ["bad", "bad", "good"]);
    assert.equal(programs["bad"]!.run({ packet: Uint8Array.of(9, ...new Uint8Array(59)) }).verdict, 9);
  });

  test("maps are verified as they are made: with the sizes that the load gives them", async () => {
    // Entry 7 of an array of eight is there, so the kernel asks for no check; of an array of four it is not.
    const spec = xdp(
      `r1 = map counts
       r2 = r10
       r2 += -8
       *(u32 *)(r10 - 8) = 7
       call 1
       r0 = *(u32 *)(r0 + 0)
       exit`,
      { counts: { type: "array", maxEntries: 8, key: "u32", value: "u64" } },
    );
    await using engine = open();
    const { programs } = await engine.load(spec);
    assert.equal(programs["main"]!.run({ packet: new Uint8Array(60) }).verdict, 0);
    await assert.rejects(engine.load(spec, { maxEntries: { counts: 4 } }), /invalid mem access 'map_value_or_null'/);
  });
});

describe("what the engine does not have is refused by its name", () => {
  const cases: readonly [string, string, RegExp][] = [
    ["a helper", "r1 = 0\ncall 86\nr0 = 0\nexit", /bpf_sk_release is not offered by the embedded engine to xdp programs/],
    ["no helper at all", "call 4000\nr0 = 0\nexit", /calls helper 4000, which does not exist/],
  ];
  for (const [what, text, said] of cases)
    test(what, async () => {
      await using engine = open();
      await assert.rejects(engine.load(xdp(text)), said);
    });

  test("a kernel function", async () => {
    const spec = xdp("call 0\nr0 = 0\nexit");
    const [program] = spec.programs;
    const code = program!.code.slice();
    code[1] = 0x20; // BPF_PSEUDO_KFUNC_CALL
    const externs = [{ name: "bpf_cpumask_create", slot: 0, kind: "call" as const }];
    await using engine = open();
    await assert.rejects(engine.load({ ...spec, programs: [{ ...program!, code, externs }] }), (error: unknown) => {
      assert.ok(error instanceof FeatureError);
      assert.match(error.message, /uses bpf_cpumask_create of the kernel; the embedded engine does not offer it to xdp programs/);
      return true;
    });
  });

  test("a type of map", async () => {
    await using engine = open();
    const spec = xdp("r0 = 2\nexit", { sockets: { type: "sockhash", maxEntries: 8, key: "u32", value: "u32" } });
    await assert.rejects(engine.load(spec), /sockhash/);
  });
});

describe("programs at an application's own hook", () => {
  const hook = () =>
    defineHook(
      "vote",
      { kind: u8, size: u32, delay: writable(u32) },
      { returns: u32, functions: { double: { args: [u32], returns: u32, run: (x) => x * 2 } } },
    );
  const raw = (text: string): Spec => ({
    name: "raw",
    license: "GPL",
    types: null,
    maps: [],
    programs: [
      {
        name: "p",
        section: "hook/vote",
        type: "unspec",
        attachType: null,
        code: encode(assemble(text)),
        relocations: [],
        functions: [],
        lines: [],
      },
    ],
  });

  test("read the whole context, write what is writable, return any verdict, and run bare", async () => {
    const onVote = hook();
    await using engine = open({ hooks: [onVote] });
    const { programs } = await engine.load(raw("r2 = *(u32 *)(r1 + 4)\n*(u32 *)(r1 + 8) = r2\nr0 = r2\nexit"));
    await programs["p"]!.attach({});
    const given = { kind: 1, size: 77, delay: 0 };
    assert.equal(onVote.run(given), 77);
    assert.equal(given.delay, 77);
  });

  const refused: readonly [string, string][] = [
    ["a field that is not writable", "*(u32 *)(r1 + 4) = 1\nr0 = 0\nexit"],
    ["more than the field", "*(u64 *)(r1 + 8) = 1\nr0 = 0\nexit"],
    ["behind the context", "r0 = *(u32 *)(r1 + 12)\nexit"],
    ["before it", "r0 = *(u32 *)(r1 - 4)\nexit"],
    ["across fields, unaligned", "r0 = *(u32 *)(r1 + 2)\nexit"],
  ];
  for (const [what, text] of refused)
    test(`do not touch ${what}`, async () => {
      const error = await refusalOf(raw(text), { hooks: [hook()] });
      assert.match(error.message, /programs at this hook may not (read|write) \d bytes at byte -?\d+ of the context/);
      assert.match(error.message, /see what the hook declares: `declaration\(\)`/);
    });

  test("call the application's functions with numbers", async () => {
    const onVote = hook();
    await using engine = open({ hooks: [onVote] });
    const source = `
      import { hook, type u8, type u32 } from "skep/bpf";
      interface Vote { readonly kind: u8; readonly size: u32; delay: u32; }
      declare function double(x: u32): u32;
      export const p = hook<Vote>("vote", (vote) => double(vote.size));`;
    const { programs } = await engine.load(compileSource(source, { file: "p.bpf.ts" }));
    await programs["p"]!.attach({});
    assert.equal(onVote.run({ kind: 0, size: 21, delay: 0 }), 42);
  });
});

/** Bytes of a context, and a few behind any. */
const LONGEST_CONTEXT = 400;

test("no context field is taken by the verifier that the checked interpreter refuses", async () => {
  const room = new Room({ memory: new Memory({ size: MEMORY }), clock: realClock(), print: () => {}, fault: () => {}, seed: 1 });
  let compared = 0;
  for (const type of [
    "sched_cls",
    "socket_filter",
    "cgroup_skb",
    "cgroup_sock",
    "cgroup_sock_addr",
    "cgroup_sockopt",
    "sock_ops",
    "sk_lookup",
    "sk_msg",
    "sk_reuseport",
    "flow_dissector",
  ] as const) {
    const kind = (await loadKind(type))!;
    const target = embeddedTarget(kind, null);
    for (const attachType of [null, ...(Object.keys(ATTACH_TYPE) as AttachType[])]) {
      const rules = target.programType(type, attachType);
      if (rules === null) continue;
      const space: { contextRules: ContextRules | null } = { contextRules: null };
      const executor: unknown = { space, cpu: { id: 0 } };
      const spec = { ...xdp("exit").programs[0]!, type, attachType };
      try {
        kind.make(spec, [executor as Executor], room, 1);
      } catch {
        continue; // It attaches to what this engine does not have.
      }
      for (let offset = 0; offset < LONGEST_CONTEXT; offset++)
        for (const size of [1, 2, 4, 8])
          for (const write of [false, true]) {
            if (rules.access(offset, size, write) === null) continue;
            compared++;
            const allowed = space.contextRules?.allows(offset, size, write);
            assert.equal(allowed, true, `${type} ${attachType}: ${write ? "writes" : "reads"} ${size} bytes at ${offset}`);
          }
    }
  }
  assert.ok(compared > 1000, `${compared}`);
});

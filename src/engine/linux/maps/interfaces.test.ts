/** Interfaces of the kernel as who loads them wants them, and as this kernel has them. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfBuilder } from "../../../btf/builder.ts";
import type { MapSpec, ProgramSpec, Spec } from "../../../object/spec.ts";
import type { LoadOptions } from "../../engine.ts";
import { LinuxEngine } from "../engine.ts";
import { FakeKernel, fakeFacts } from "../fixtures/fake-kernel.ts";
import { program } from "../fixtures/programs.ts";

interface Shape {
  /** Bytes of `limit`. */
  readonly limit?: number;
  readonly without?: readonly string[];
  /** `stop` is a number. */
  readonly number?: boolean;
  readonly bits?: boolean;
}

/** `struct driver { int (*start)(void); int (*stop)(void); u32 limit; char name[8]; }` and what the kernel has around it. */
function driver(types: BtfBuilder, { limit = 4, without = [], number = false, bits = false }: Shape = {}): number {
  const int = types.int("int", 4, { signed: true });
  const char = types.int("char", 1);
  const size = types.int("limit", limit);
  const call = types.pointer(types.prototype(int, []));
  const long = types.int("long", 8);
  const members = [
    { name: "start", type: call, bitOffset: 0 },
    { name: "stop", type: number ? long : call, bitOffset: 64 },
    { name: "limit", type: size, bitOffset: 128, ...(bits ? { bitSize: 3 } : {}) },
    { name: "name", type: types.array(char, 8), bitOffset: 192 },
  ].filter((member) => !without.includes(member.name));
  const struct = types.struct("driver", 32, members);
  types.struct("bpf_struct_ops_driver", 64, [{ name: "data", type: struct, bitOffset: 256 }]);
  return struct;
}

const TYPES = new BtfBuilder();
const DRIVER = driver(TYPES);
const types = TYPES.encode();

const CONTENTS = Uint8Array.from({ length: 32 }, (_, at) => (at === 16 ? 9 : at === 24 ? 0x78 : 0));

const map = (more: Partial<MapSpec> = {}): MapSpec => ({
  name: "mine",
  type: "struct_ops",
  keySize: 4,
  valueSize: 32,
  maxEntries: 1,
  flags: 0,
  keyType: 0,
  valueType: DRIVER,
  structOps: {
    type: DRIVER,
    typeName: "driver",
    link: false,
    functions: [
      { member: "start", offset: 0, program: "begins" },
      { member: "stop", offset: 8, program: "ends" },
    ],
  },
  contents: { kind: "bytes", bytes: CONTENTS },
  ...more,
});
const stands = (name: string, more: Partial<ProgramSpec> = {}): ProgramSpec => ({ ...program(name, "struct_ops"), ...more });
const SPEC: Spec = {
  name: "drivers",
  license: "GPL",
  types,
  maps: [map()],
  programs: [stands("begins"), stands("ends"), stands("other", { autoload: false })],
};

/** Loads it, attaches `mine`, and says which programs were loaded and what the kernel was given. */
async function load(spec: Spec, options: LoadOptions = {}, shape: Shape = {}) {
  const btf = new BtfBuilder();
  driver(btf, shape);
  const vmlinux = btf.encode();
  const kernel = new FakeKernel();
  let value = new Uint8Array();
  kernel.on("map_update_elem", (call) => {
    value = call.memory("value")?.slice() ?? value;
    return 0;
  });
  await using engine = new LinuxEngine(kernel, { ...fakeFacts(), bytes: (path) => (path.endsWith("/vmlinux") ? vmlinux : null) });
  const collection = await engine.load(spec, options);
  const mine = collection.maps["mine"];
  if (mine !== undefined) await (await mine.attach()).detach();
  const fds = new Map(
    Object.values(collection.programs).map((each) => [(each as unknown as { readonly fd: number }).fd, each.name]),
  );
  const view = new DataView(value.buffer);
  const at = (offset: number) => (value.length === 0 ? undefined : fds.get(Number(view.getBigUint64(32 + offset, true))));
  return {
    programs: Object.keys(collection.programs),
    functions: [at(0), at(8)],
    limit: value.length === 0 ? undefined : view.getUint32(48, true),
    name: new TextDecoder().decode(value.subarray(56, 64)).replace(/\0.*$/, ""),
  };
}

describe("an interface of the kernel", () => {
  test("is as the source says, with the programs that are in it", async () => {
    const all = { programs: ["begins", "ends"], functions: ["begins", "ends"], limit: 9, name: "x" };
    assert.deepEqual(await load(SPEC), all);
    const onRequest: Spec = {
      ...SPEC,
      programs: [stands("begins", { autoload: false }), stands("ends"), stands("other", { autoload: false })],
    };
    assert.deepEqual(
      await load(onRequest),
      { ...all, programs: ["begins", "ends"] },
      "what is in it is loaded, whatever its section says",
    );
  });

  test("members are numbers, texts and programs, or none", async () => {
    const options: LoadOptions = { structOps: { mine: { limit: 1000, name: "shadow", stop: "other" } } };
    assert.deepEqual(await load(SPEC, options), {
      programs: ["begins", "other"],
      functions: ["begins", "other"],
      limit: 1000,
      name: "shadow",
    });
    assert.deepEqual((await load(SPEC, { structOps: { mine: { start: null } } })).functions, [undefined, "ends"]);
  });

  test("one on request is made when somebody asks, and its programs loaded; others are left out", async () => {
    const optional: Spec = { ...SPEC, maps: [map({ autocreate: false })] };
    assert.deepEqual((await load(optional)).programs, []);
    assert.deepEqual((await load(optional, { structOps: { mine: true } })).functions, ["begins", "ends"]);
    assert.deepEqual((await load(SPEC, { structOps: { mine: false } })).programs, []);
  });

  for (const [structOps, message] of [
    [{ mien: true }, /drivers has no interface mien; did you mean mine\?/],
    [{ mine: { limits: 1 } }, /struct driver has no member limits; did you mean limit\?/],
    [{ mine: { start: "beginns" } }, /start: drivers has no struct_ops program beginns; did you mean begins\?/],
    [{ mine: { start: 5 } }, /start is a function: expected the name of a program, or null/],
  ] as const) {
    test(`what is not there: ${message.source}`, async () => {
      await assert.rejects(load(SPEC, { structOps }), { name: "MapError", message });
    });
  }

  test("a value that does not fit", async () => {
    await assert.rejects(load(SPEC, { structOps: { mine: { limit: -1 } } }), { name: "ValueError", message: /mine\.limit/ });
  });
});

describe("an interface that this kernel has in another shape", () => {
  test("what is 0 it may lack", async () => {
    const zero: Spec = { ...SPEC, maps: [map({ contents: { kind: "bytes", bytes: new Uint8Array(32) } })] };
    assert.deepEqual((await load(zero, {}, { without: ["limit", "name"] })).functions, ["begins", "ends"]);
    const unset = { structOps: { mine: { stop: null, name: "" } } };
    assert.deepEqual((await load(zero, unset, { without: ["stop"] })).functions, ["begins", undefined]);
  });

  for (const [shape, message] of [
    [{ without: ["limit"] }, /struct driver of this kernel \(6\.18\.0\) has no limit: leave it out/],
    [{ without: ["stop"] }, /has no stop: leave it out/],
    [{ limit: 8 }, /has limit in 8 bytes, the source in 4/],
    [{ number: true }, /has another kind of member as stop/],
    [{ bits: true }, /has limit as a bit-field/],
  ] as const) {
    test(`is refused before anything is made: ${message.source}`, async () => {
      await assert.rejects(load(SPEC, {}, shape), { name: "FeatureError", message });
    });
  }

  test("a program is for one place", async () => {
    const { structOps } = map();
    assert.ok(structOps !== undefined);
    const functions = [
      { member: "start", offset: 0, program: "begins" },
      { member: "stop", offset: 8, program: "begins" },
    ];
    const twice: Spec = { ...SPEC, maps: [map({ structOps: { ...structOps, functions } })] };
    await assert.rejects(load(twice), { name: "FeatureError", message: /takes begins as stop, and it is driver\.start too/ });
    const same: Spec = { ...SPEC, maps: [map(), map({ name: "second" })] };
    assert.deepEqual((await load(same)).functions, ["begins", "ends"]);
  });
});

/** What programs use of the kernel by name: found in its types, its modules' and its list of addresses, and what becomes of the rest. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openBtf } from "../../../btf/btf.ts";
import { BtfBuilder } from "../../../btf/builder.ts";
import type { ExternReference, KsymExtern, ProgramSpec, Spec } from "../../../object/spec.ts";
import { VerifierError } from "../../errors.ts";
import { LinuxEngine } from "../engine.ts";
import type { Facts } from "../facts.ts";
import { type FakeCall, FakeKernel, fakeFacts } from "../fixtures/fake-kernel.ts";
import { program } from "../fixtures/programs.ts";
import { ERRNO } from "../sys/system-error.ts";

/** int work(int); long runqueues; and of a module: int drive(int). */
const KERNEL = new BtfBuilder();
const int = KERNEL.int("int", 4, { signed: true });
const long = KERNEL.int("long", 8, { signed: true });
const prototype = KERNEL.prototype(int, [{ name: "x", type: int }]);
const work = KERNEL.function("bpf_work", prototype, "static");
const runqueues = KERNEL.variable("runqueues", long, "global");
const vmlinux = KERNEL.encode();
const MODULE = new BtfBuilder({ base: openBtf(vmlinux) });
const drive = MODULE.function("bpf_drive", prototype, "static");
const module = MODULE.encode();

const SYMBOLS = [
  "ffffffff81000000 T _text",
  "ffffffff81000100 t bpf_prog_put",
  "ffffffff81000200 D jiffies",
  "0000000000000000 D hidden",
  "ffffffffc0000000 t in_module\t[driver]",
].join("\n");

/** A machine with these types; it counts what is read of it. */
function facts(reads: Map<string, number> = new Map()): Facts {
  const files = new Map<string, Uint8Array>([
    ["/sys/kernel/btf/vmlinux", vmlinux],
    ["/sys/kernel/btf/driver", module],
    ["/sys/kernel/btf/broken", new Uint8Array(30)],
    ["/proc/kallsyms", new TextEncoder().encode(SYMBOLS)],
  ]);
  const plain = fakeFacts();
  const count = (path: string): void => void reads.set(path, (reads.get(path) ?? 0) + 1);
  return {
    ...plain,
    bytes: (path) => {
      count(path);
      return files.get(path) ?? null;
    },
    list: (path) => (path === "/sys/kernel/btf" ? ["vmlinux", "broken", "driver"] : plain.list(path)),
  };
}

/** The programs' own declarations of the same. */
const OWN = new BtfBuilder();
const ownInt = OWN.int("int", 4, { signed: true });
const ownPrototype = OWN.prototype(ownInt, [{ name: "x", type: ownInt }]);
const otherPrototype = OWN.prototype(ownInt, []);
const ownLong = OWN.int("long", 8, { signed: true });
const types = OWN.encode();

const kfunc = (name: string, weak = false, type = ownPrototype): KsymExtern => ({ kind: "kfunc", name, weak, type });
const ksym = (name: string, weak = false, type = 0): KsymExtern => ({ kind: "ksym", name, weak, type });

/** One instruction a use: a call, or a wide load. */
function uses(externs: readonly KsymExtern[]): ProgramSpec {
  const bytes: number[] = [];
  const references: ExternReference[] = [];
  for (const { name, kind } of externs) {
    references.push({ slot: bytes.length / 8, kind: kind === "kfunc" ? "call" : "address", name });
    if (kind === "kfunc") bytes.push(0x85, 0x20, 0, 0, 0, 0, 0, 0);
    else bytes.push(0x18, 0x31, 0, 0, 0, 0, 0, 0, ...new Uint8Array(8));
  }
  bytes.push(0x95, 0, 0, 0, 0, 0, 0, 0);
  return { ...program("main", "tc"), code: new Uint8Array(bytes), externs: references };
}

async function load(
  externs: readonly KsymExtern[],
  from = facts(),
): Promise<{ readonly kernel: FakeKernel; readonly call: FakeCall }> {
  const kernel = havingModule();
  const spec: Spec = { name: "uses", license: "GPL", types, maps: [], programs: [uses(externs)], externs };
  await using engine = new LinuxEngine(kernel, from);
  await engine.load(spec);
  const call = kernel.callsOf("prog_load")[0];
  assert.ok(call !== undefined);
  return { kernel, call };
}

/** One whose only BTF object is the module's. */
function havingModule(): FakeKernel {
  let asked = false;
  return new FakeKernel()
    .on("btf_get_next_id", (call: FakeCall) => {
      if (asked) return -ERRNO.ENOENT;
      asked = true;
      call.answer("next_id", 7);
      return 0;
    })
    .on("btf_get_fd_by_id", () => 77)
    .on("obj_get_info_by_fd", (call: FakeCall) => {
      const info = call.memory("info");
      if (info === null) return -ERRNO.EINVAL;
      const view = new DataView(info.buffer);
      view.setUint32(28, 1, true);
      call.pointed(view.getBigUint64(16, true))?.set(new TextEncoder().encode("driver"));
      return 0;
    });
}

/** Source register, offset and the two halves of the immediate. */
function instruction({ call, at, wide }: { call: FakeCall; at: number; wide: boolean }): readonly number[] {
  const code = call.memory("insns") ?? new Uint8Array();
  const view = new DataView(code.buffer, code.byteOffset);
  const first = [view.getUint8(at * 8 + 1) >> 4, view.getInt16(at * 8 + 2, true), view.getInt32(at * 8 + 4, true)];
  return wide ? [...first, view.getInt32(at * 8 + 12, true)] : first;
}

describe("externs", () => {
  test("a function of the kernel is its number among the kernel's types", async () => {
    const { call } = await load([kfunc("bpf_work"), kfunc("bpf_work___flavour")]);
    assert.deepEqual(instruction({ call, at: 0, wide: false }), [2, 0, work]);
    assert.deepEqual(instruction({ call, at: 1, wide: false }), [2, 0, work], "what follows ___ is the program's own");
    assert.equal(call.memory("fd_array"), null);
  });

  test("one of a module goes with a descriptor of the module's types, in place 1", async () => {
    const { kernel, call } = await load([kfunc("bpf_drive"), kfunc("bpf_work")]);
    assert.deepEqual(instruction({ call, at: 0, wide: false }), [2, 1, drive]);
    assert.deepEqual(instruction({ call, at: 1, wide: false }), [2, 0, work]);
    assert.deepEqual([...new Int32Array((call.memory("fd_array") ?? new Uint8Array()).slice().buffer)], [0, 77]);
    assert.equal(kernel.descriptors.size, 0, "the program holds what it needs of the module");
  });

  test("a variable with a type is a number, too; one without is an address", async () => {
    const { call } = await load([ksym("runqueues", false, ownLong), ksym("jiffies")]);
    assert.deepEqual(instruction({ call, at: 0, wide: true }), [3, 0, runqueues, 0]);
    assert.deepEqual(instruction({ call, at: 2, wide: true }), [0, 0, 0x81000200 | 0, -1]);
  });

  test("what may be missing and is: a helper that no kernel has, and the address 0", async () => {
    const { call } = await load([
      kfunc("bpf_work"),
      kfunc("bpf_later", true),
      ksym("nothing", true),
      ksym("gone", true, ownLong),
    ]);
    assert.deepEqual(instruction({ call, at: 1, wide: false }), [0, 0, 2_002_000_001]);
    assert.deepEqual(instruction({ call, at: 2, wide: true }), [0, 0, 0, 0]);
    assert.deepEqual(instruction({ call, at: 4, wide: true }), [0, 0, 0, 0]);
  });

  test("and of another type: as if it were missing", async () => {
    const { call } = await load([kfunc("bpf_work", true, otherPrototype)]);
    assert.deepEqual(instruction({ call, at: 0, wide: false }), [0, 0, 2_002_000_000]);
  });

  test("nothing is read twice, nor what nobody needs", async () => {
    const reads = new Map<string, number>();
    await load([ksym("jiffies"), ksym("_text"), ksym("in_module"), ksym("bpf_prog_put")], facts(reads));
    assert.deepEqual([...reads], [["/proc/kallsyms", 1]]);
    const more = new Map<string, number>();
    await load([kfunc("bpf_work"), kfunc("bpf_drive"), ksym("runqueues", false, ownLong)], facts(more));
    assert.deepEqual(
      [more.get("/sys/kernel/btf/vmlinux"), more.get("/sys/kernel/btf/driver"), more.get("/proc/kallsyms")],
      [1, 1, undefined],
    );
    const none = new Map<string, number>();
    await load([], facts(none));
    assert.deepEqual([...none], []);
  });

  for (const [extern, message] of [
    [kfunc("bpf_wrk"), /program main: this kernel has no kernel function bpf_wrk: did you mean bpf_work\?/],
    [kfunc("bpf_something_else_entirely"), /it was added later, or is part of what this kernel was built without/],
    [kfunc("bpf_work", false, otherPrototype), /no kernel function bpf_work: it has another type there/],
    [ksym("nothing"), /no symbol nothing: \/proc\/kallsyms does not list it/],
    [ksym("hidden"), /no symbol hidden: it hides all addresses.*kptr_restrict/],
  ] as const) {
    test(`what must be there and is not: ${message.source}`, async () => {
      await assert.rejects(load([extern]), { name: "FeatureError", message });
    });
  }

  test("addresses that are hidden from this process: it lacks CAP_SYSLOG", async () => {
    const own = facts();
    // CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN, and not CAP_SYSLOG.
    const limited: Facts = {
      ...own,
      read: (path) => (path === "/proc/self/status" ? "CapEff:\t000000c000200000" : own.read(path)),
    };
    await assert.rejects(load([ksym("hidden")], limited), {
      name: "PrivilegeError",
      reason: "capability",
      message: /lacks CAP_SYSLOG;/,
    });
    await load([ksym("jiffies")], limited);
  });
});

describe("what is called in the place of something that is not there, when the verifier gets to it", () => {
  async function refused(spec: Spec, line: string): Promise<VerifierError> {
    const text = new TextEncoder().encode(`0: (85) call ${line}\n${line}\nprocessed 1 insns\n\0`);
    const kernel = new FakeKernel().on("prog_load", (call: FakeCall) => {
      call.memory("log_buf")?.set(text);
      return -ERRNO.EINVAL;
    });
    await using engine = new LinuxEngine(kernel, facts());
    try {
      await engine.load(spec);
    } catch (error) {
      assert.ok(error instanceof VerifierError);
      return error;
    }
    throw new Error("it was loaded");
  }

  test("a kernel function", async () => {
    const externs = [kfunc("bpf_later", true)];
    const spec: Spec = { name: "uses", license: "GPL", types, maps: [], programs: [uses(externs)], externs };
    const error = await refused(spec, "invalid func unknown#2002000000");
    assert.match(error.message, /`bpf_later` is called, which this kernel does not have/);
  });

  test("a map that was not made", async () => {
    const map = {
      name: "left_out",
      type: "hash",
      keySize: 4,
      valueSize: 4,
      maxEntries: 1,
      flags: 0,
      keyType: 0,
      valueType: 0,
    } as const;
    const code = new Uint8Array([0x18, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);
    const user = { ...program("main"), code, relocations: [{ slot: 0, kind: "map", map: "left_out", offset: 0 } as const] };
    const spec: Spec = { name: "uses", license: "GPL", types: null, maps: [{ ...map, autocreate: false }], programs: [user] };
    const error = await refused(spec, "invalid func unknown#2001000000");
    assert.match(error.message, /the map `left_out` is used, which was not made/);
    const kernel = new FakeKernel();
    await using engine = new LinuxEngine(kernel, facts());
    await engine.load(spec);
    const given = new Int32Array((kernel.callsOf("prog_load")[0]?.memory("insns") ?? new Uint8Array()).slice().buffer);
    assert.deepEqual([...given].slice(0, 4), [0x85, 2_001_000_000, 0x85, 2_001_000_000]);
    assert.deepEqual(kernel.callsOf("map_create"), []);
  });
});

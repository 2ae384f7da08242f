/** What objects require of a kernel, found in them; and that damaged ones are only refused. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openBtf } from "../../src/btf/btf.ts";
import { BtfBuilder } from "../../src/btf/builder.ts";
import { BtfError } from "../../src/btf/errors.ts";
import { assemble } from "../../src/isa/assemble.ts";
import { encode } from "../../src/isa/encode.ts";
import { readObject } from "../../src/object/read.ts";
import { checkPortability } from "../../src/object/requirements/portability.ts";
import { minimumKernel, requirementsOf } from "../../src/object/requirements/requirements.ts";
import type { MapSpec, ProgramSpec, Spec } from "../../src/object/spec.ts";
import { FIXTURES, fixture } from "./fixtures.ts";
import { mutate } from "./mutate.ts";
import { read } from "./reading.ts";

describe("the minimum kernel, and what no earlier one has", () => {
  for (const [name, version, because] of [
    ["arena", "6.9", ["address space cast", "arena"]],
    ["core", "5.5", ["trace_raw_tp", "tracing"]],
    ["externs", "6.2", ["bpf_task_from_pid", "bpf_task_release"]],
    ["globals", "5.2", ["BPF_F_RDONLY_PROG", "address of a variable"]],
    ["jump-table", "6.19", ["insn_array"]],
    ["legacy", "4.6", ["BPF_F_NO_PREALLOC"]],
    ["maps", "5.16", ["bloom_filter"]],
    ["programs", "5.18", ["BPF_F_XDP_HAS_FRAGS"]],
    ["struct-ops", "6.4", ["BPF_F_LINK"]],
  ] as const) {
    it(`${name}: ${version}`, () => {
      const found = minimumKernel(read(name));
      assert.equal(found.version, version);
      assert.deepEqual(found.because.map((one) => one.name).sort(), [...because].sort());
    });
  }
});

/** A Spec of one socket filter. */
function spec(code: string, program: Partial<ProgramSpec> = {}, maps: readonly MapSpec[] = []): Spec {
  const main = { slot: 0, name: "main", type: 0 };
  const base = { name: "main", section: "socket", type: "socket_filter", attachType: null, relocations: [], lines: [] } as const;
  return {
    name: "test",
    license: "GPL",
    types: null,
    maps,
    programs: [{ ...base, code: encode(assemble(code)), functions: [main], ...program }],
  };
}

/** What it requires beyond the program type, as `name since demand`. */
function required(of: Spec): string[] {
  return requirementsOf(of)
    .filter(({ kind }) => kind !== "program type")
    .map(({ name, since, demand }) => `${name} ${since} ${demand}`);
}

describe("what code requires", () => {
  for (const [what, code, expected] of [
    ["nothing", "r0 = 0\nexit", []],
    ["a helper", "call 130\nexit", ["bpf_ringbuf_output 5.8 always"]],
    ["a helper that does not exist", "call 999\nexit", ["helper 999 null always"]],
    ["no helper that is never called", "goto end\ncall 130\nend: r0 = 0\nexit", []],
    ["a loop", "r0 = 9\nagain: r0 += -1\nif r1 != r0 goto again\nexit", ["loop 5.3 always"]],
    [
      "instructions",
      "r0 = (s8)r1\nif w0 == 1 goto end\nend: exit",
      ["sign-extending move (cpu v4) 6.6 always", "32-bit comparison (cpu v3) 5.1 always"],
    ],
    [
      "a fetching atomic operation",
      "r0 = atomic64_fetch_add((u64 *)(r1 +0), r0)\nexit",
      ["atomic operation that fetches (cpu v3) 5.12 always"],
    ],
    ["a function", "call one\nexit\none: r0 = 1\nexit", ["function call 4.16 always"]],
  ] as const) {
    it(what, () => {
      const functions = code.includes("one:")
        ? [0, 2].map((slot) => ({ slot, name: `f${slot}`, type: 0 }))
        : [{ slot: 0, name: "main", type: 0 }];
      assert.deepEqual(required(spec(code, { functions })), expected);
    });
  }

  it("more than 4096 instructions", () => {
    assert.deepEqual(required(spec(`${"r0 = 0\n".repeat(4096)}exit`)), ["more than 4096 instructions 5.2 always"]);
  });

  it("tail calls beside functions", () => {
    const functions = [0, 3].map((slot) => ({ slot, name: `f${slot}`, type: 0 }));
    assert.ok(
      required(spec("call one\ncall 12\nexit\none: r0 = 1\nexit", { functions })).includes(
        "tail call beside function calls 5.10 always",
      ),
    );
  });
});

it("a program that is not loaded by itself requires only when it is", () => {
  const on = spec("call 130\nexit", { autoload: false });
  assert.deepEqual(required(on), ["bpf_ringbuf_output 5.8 on request"]);
  assert.equal(minimumKernel(on).version, "3.18");
});

it("maps of variables that no program uses are not made by old kernels' loaders", () => {
  const map = {
    name: "x.rodata",
    type: "array",
    keySize: 4,
    valueSize: 8,
    maxEntries: 1,
    flags: 128,
    keyType: 0,
    valueType: 0,
    section: ".rodata",
  } as const;
  assert.deepEqual(required(spec("r0 = 0\nexit", {}, [map])), []);
  assert.deepEqual(required(spec("r0 = 0\nexit", {}, [{ ...map, section: ".maps" }])), [
    "BPF_F_RDONLY_PROG 5.2 always",
    "array 3.19 always",
  ]);
});

it("the attach type of an XDP program only matters where the kernel knows it", () => {
  const xdp = spec("r0 = 2\nexit", { type: "xdp", attachType: "xdp", section: "xdp" });
  assert.deepEqual(minimumKernel(xdp).version, "4.8");
  assert.ok(checkPortability(xdp, { name: "4.9", version: "4.9" }).loads);
  const devmap = spec("r0 = 2\nexit", { type: "xdp", attachType: "xdp_devmap", section: "xdp/devmap" });
  assert.deepEqual(minimumKernel(devmap).version, "5.8");
});

it("damaged objects that can be read can be asked, too", () => {
  const builder = new BtfBuilder();
  builder.struct("task_struct", 8, [{ name: "pid", type: builder.int("int", 4, { signed: true }), bitOffset: 32 }]);
  const btf = [openBtf(builder.encode())];
  for (const name of Object.keys(FIXTURES)) {
    if (name === "sections") continue;
    const original = fixture(name);
    for (let seed = 0; seed < 60; seed++) {
      let damaged: Spec;
      try {
        damaged = readObject(mutate(original, seed), { name });
      } catch {
        continue;
      }
      try {
        checkPortability(damaged, { name: "types", btf });
        checkPortability(damaged, { name: "5.5", version: "5.5" });
      } catch (error) {
        assert.ok(error instanceof BtfError, `${name}, seed ${seed}: ${error instanceof Error ? error.stack : error}`);
      }
    }
  }
});

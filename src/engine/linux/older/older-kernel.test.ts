/** What is done otherwise on older kernels, as they see it: a kernel of answers with their release. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfBuilder } from "../../../btf/builder.ts";
import type { ProgramSpec, Spec } from "../../../object/spec.ts";
import { HELPER } from "../../../uapi/helpers.ts";
import { LinuxEngine } from "../engine.ts";
import { type FakeCall, FakeKernel, fakeFacts } from "../fixtures/fake-kernel.ts";
import { shape } from "../fixtures/maps.ts";
import { program } from "../fixtures/programs.ts";
import { ERRNO } from "../sys/system-error.ts";

const spec = (more: Partial<Spec> = {}): Spec => ({ name: "old", license: "GPL", types: null, maps: [], programs: [], ...more });

async function loaded(kernel: FakeKernel, release: string, what: Spec, files: Record<string, string> = {}) {
  const engine = new LinuxEngine(kernel, fakeFacts(files, release));
  try {
    const collection = await engine.load(what);
    return { kernel, typesRefused: collection.typesRefused };
  } finally {
    await engine[Symbol.asyncDispose]();
    assert.equal(kernel.descriptors.size, 0);
  }
}

const types = (): Uint8Array => {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, { signed: true });
  builder.function("main", builder.prototype(int, []), "global");
  return builder.encode();
};

/** Takes no types with functions in them, or none with global ones. */
const refusing = (what: "functions" | "global functions" | "all") =>
  new FakeKernel().on("btf_load", (call: FakeCall) => {
    const btf = call.memory("btf") ?? new Uint8Array();
    const view = new DataView(btf.buffer, btf.byteOffset);
    const end = 24 + view.getUint32(12, true);
    const sizes: Readonly<Record<number, number>> = { 1: 16, 13: 12, 12: 12, 8: 12, 6: 12 };
    for (let at = 24; at < end; ) {
      const info = view.getUint32(at + 4, true);
      const kind = (info >>> 24) & 31;
      if (what === "all" || (kind === 12 && (what === "functions" || (info & 0xffff) === 1))) return -ERRNO.EINVAL;
      at += (sizes[kind] ?? 1000) + (kind === 13 || kind === 6 ? (info & 0xffff) * 8 : 0);
    }
    return 0;
  });

const LINES: Partial<ProgramSpec> = {
  functions: [{ slot: 0, name: "main", type: 3 }],
  lines: [{ slot: 0, file: "a.ts", line: 1, column: 1, text: "x" }],
};

describe("an older kernel", () => {
  test("that takes no types of functions gets typedefs, and programs without lines", async () => {
    const { kernel, typesRefused } = await loaded(
      refusing("functions"),
      "4.19.0",
      spec({ types: types(), programs: [{ ...program("main"), ...LINES }] }),
    );
    assert.equal(typesRefused, null);
    const [load] = kernel.callsOf("prog_load");
    assert.deepEqual([load?.u32("prog_btf_fd"), load?.u32("func_info_cnt"), load?.u32("line_info_cnt")], [0, 0, 0]);
  });

  test("that takes no global functions gets static ones, and the lines", async () => {
    const { kernel, typesRefused } = await loaded(
      refusing("global functions"),
      "5.4.0",
      spec({ types: types(), programs: [{ ...program("main"), ...LINES }] }),
    );
    assert.equal(typesRefused, null);
    const [load] = kernel.callsOf("prog_load");
    assert.notEqual(load?.u32("prog_btf_fd"), 0);
    assert.deepEqual([load?.u32("func_info_cnt"), load?.u32("line_info_cnt")], [1, 1]);
  });

  test("that takes no types at all gets programs without, and says why", async () => {
    const { typesRefused } = await loaded(refusing("all"), "4.17.0", spec({ types: types(), programs: [program("main")] }));
    assert.match(typesRefused?.reason ?? "", /EINVAL/);
  });

  test("a new one with types that are wrong is asked which kinds it knows, and keeps its answer", async () => {
    const kernel = new FakeKernel();
    // The fixture's own types are refused, the questions are not.
    kernel.on("btf_load", (call: FakeCall) => ((call.memory("btf")?.length ?? 0) > 100 ? -ERRNO.EINVAL : 0));
    const builder = new BtfBuilder();
    for (const name of ["one", "two", "three", "four", "five", "six"]) builder.int(name, 4);
    const { typesRefused } = await loaded(kernel, "6.18.0", spec({ types: builder.encode(), programs: [program("main")] }));
    assert.match(typesRefused?.reason ?? "", /EINVAL/);
  });

  for (const [release, section, expected] of [
    ["4.16.0", "cgroup_skb/ingress", 0],
    ["4.17.0", "cgroup_skb/ingress", 0],
    ["4.16.0", "sockops", 0],
    ["4.17.0", "sockops", 3],
    ["4.16.0", "cgroup/connect4", 10],
  ] as const) {
    test(`${release}: ${section} is for attach type ${expected}: optional ones are told since 4.17`, async () => {
      const { kernel } = await loaded(new FakeKernel(), release, spec({ programs: [program("main", section)] }));
      assert.equal(kernel.callsOf("prog_load")[0]?.u32("expected_attach_type"), expected);
    });
  }

  for (const [release, expected] of [
    ["5.4.0", [HELPER.bpf_probe_read, HELPER.bpf_probe_read_str, HELPER.bpf_map_lookup_elem]],
    ["5.5.0", [HELPER.bpf_probe_read_kernel, HELPER.bpf_probe_read_user_str, HELPER.bpf_map_lookup_elem]],
  ] as const) {
    test(`${release}: helpers that read the kernel's memory`, async () => {
      const words = [HELPER.bpf_probe_read_kernel, HELPER.bpf_probe_read_user_str, HELPER.bpf_map_lookup_elem];
      // A wide load whose second half looks like a call, then the calls.
      const code = new Uint8Array([
        ...[0x18, 1, 0, 0, 0, 0, 0, 0, 0x85, 0, 0, 0, HELPER.bpf_probe_read_kernel, 0, 0, 0],
        ...words.flatMap((helper) => [0x85, 0, 0, 0, helper, 0, 0, 0]),
        ...[0x95, 0, 0, 0, 0, 0, 0, 0],
      ]);
      const { kernel } = await loaded(new FakeKernel(), release, spec({ programs: [{ ...program("main", "kprobe/x"), code }] }));
      const given = kernel.callsOf("prog_load")[0]?.memory("insns") ?? new Uint8Array();
      assert.equal(given[12], HELPER.bpf_probe_read_kernel, "no instruction, but the other half of one");
      assert.deepEqual([given[20], given[28], given[36]], expected);
    });
  }

  for (const [release, files, declared, expected] of [
    [
      "4.19.0-6-amd64",
      { "/proc/version": "Linux version 4.19.0-6-amd64 (x) #1 SMP Debian 4.19.67-2+deb10u2 (2019-11-11)" },
      undefined,
      0x041343,
    ],
    ["4.15.0-55-generic", { "/proc/version_signature": "Ubuntu 4.15.0-55.60-generic 4.15.18" }, undefined, 0x040f12],
    ["4.14.300", {}, undefined, 0x040eff],
    ["4.14.5", {}, 0x040900, 0x040900],
    ["5.0.1", {}, 0x040900, 0],
  ] as const) {
    test(`${release}: kprobes say which kernel they are for, before 5.0: ${expected.toString(16)}`, async () => {
      const what = spec({
        programs: [program("main", "kprobe/x")],
        ...(declared === undefined ? {} : { kernelVersion: declared }),
      });
      const { kernel } = await loaded(new FakeKernel(), release, what, files);
      assert.equal(kernel.callsOf("prog_load")[0]?.u32("kern_version"), expected);
    });
  }

  test("4.14: neither maps nor programs have names", async () => {
    const kernel = new FakeKernel().on("map_create", (call: FakeCall) => (call.text("map_name") === "" ? 0 : -ERRNO.E2BIG));
    await loaded(kernel, "4.14.0", spec({ maps: [shape()], programs: [program("main")] }));
    assert.deepEqual(
      kernel.callsOf("map_create").map((call) => call.text("map_name")),
      ["table", ""],
    );
    assert.equal(kernel.callsOf("prog_load")[0]?.text("prog_name"), "");
  });

  const variables = shape({ name: "old.bss", type: "array", valueSize: 8, maxEntries: 1, flags: 0x400, section: ".bss" });

  test("5.4: variables are not mapped; arrays that were declared so are refused", async () => {
    const mappable = () =>
      new FakeKernel().on("map_create", (call: FakeCall) => (call.u32("map_flags") === 0 ? 0 : -ERRNO.EINVAL));
    await loaded(mappable(), "5.4.0", spec({ maps: [variables] }));
    await assert.rejects(loaded(mappable(), "5.4.0", spec({ maps: [{ ...variables, section: ".maps" }] })), { name: "MapError" });
    await assert.rejects(loaded(mappable(), "5.10.0", spec({ maps: [variables] })), { name: "MapError" });
  });

  test("5.1 has no variables", async () => {
    await assert.rejects(
      loaded(
        new FakeKernel().on("map_create", () => -ERRNO.EINVAL),
        "5.1.0",
        spec({ maps: [variables] }),
      ),
      {
        name: "FeatureError",
        since: "5.2",
        message: "map old.bss (array): variables need Linux 5.2, this is 5.1.0",
      },
    );
  });

  describe("the limit of locked memory, before 5.11", () => {
    const limited = (allowed: boolean) => {
      const kernel = new FakeKernel();
      const raised = () => kernel.others.some(({ name }) => name === "setrlimit");
      if (!allowed) kernel.onOther("setrlimit", () => -ERRNO.EPERM);
      return kernel.on("prog_load", () => (raised() && allowed ? 0 : -ERRNO.EPERM));
    };
    const what = spec({ programs: [program("first"), program("second")] });

    test("is lifted once, and what failed is tried again", async () => {
      const kernel = limited(true);
      await loaded(kernel, "5.10.0", what);
      assert.deepEqual(
        kernel.others.map(({ name }) => name),
        ["setrlimit"],
      );
      assert.equal(kernel.callsOf("prog_load").length, 3);
    });

    test("cannot be lifted: the error names it", async () => {
      const limits = { "/proc/self/limits": "Max locked memory         65536                65536                bytes" };
      await assert.rejects(loaded(limited(false), "5.10.0", what, limits), {
        name: "PrivilegeError",
        reason: "memory limit",
        message: /the limit of locked memory \(64 KiB\) is too low for this kernel \(before 5\.11\)/,
      });
    });

    test("is left alone since", async () => {
      const kernel = limited(true);
      await assert.rejects(loaded(kernel, "5.11.0", what), { name: "PrivilegeError", reason: "unknown" });
      assert.deepEqual(kernel.others, []);
    });
  });

  test("nothing of this is done on a new one", async () => {
    const { kernel } = await loaded(
      new FakeKernel(),
      "6.18.0",
      spec({ types: types(), programs: [program("main", "kprobe/x")] }),
    );
    assert.deepEqual(
      kernel.calls.map(({ command }) => command),
      ["btf_load", "prog_load"],
    );
    assert.equal(kernel.callsOf("prog_load")[0]?.u32("kern_version"), 0);
  });
});

describe("asking again", () => {
  for (const errno of ["EAGAIN", "EINTR"] as const)
    test(`${errno}: five times at most, then with a log`, async () => {
      const twice = new FakeKernel().failing("prog_load", errno, errno);
      await loaded(twice, "6.18.0", spec({ programs: [program("main")] }));
      assert.deepEqual(
        twice.callsOf("prog_load").map((call) => call.u32("log_level")),
        [0, 0, 0],
      );
      const always = new FakeKernel().on("prog_load", () => -ERRNO[errno]);
      await assert.rejects(loaded(always, "6.18.0", spec({ programs: [program("main")] })));
      assert.equal(always.callsOf("prog_load").filter((call) => call.u32("log_level") === 0).length, 5);
    });
});

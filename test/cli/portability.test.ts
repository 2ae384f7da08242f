/** `skep portability`: on which kernels a program loads, without having them. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { object, readerObject } from "./fixtures.ts";
import { Folder, skep } from "./skep.ts";
import { kernelTypes } from "./types.ts";

interface Found {
  readonly subject: string;
  readonly effect: string;
  readonly reason: string;
  readonly where: readonly { readonly program?: string; readonly file?: string; readonly line?: number }[];
}

/** Of Linux 6.1, which has what `questions.o` asks for, and of 6.0. */
const LINUX_6_1 = "bpf_user_ringbuf_drain";
const LINUX_6_0 = "bpf_tcp_raw_check_syncookie_ipv6";

const NEW = { pid: "int", __state: "u32", never_existed: "u64" } as const;
const WITHOUT = { pid: "int", __state: "u32" } as const;

/** What `questions.o` meets on a kernel with these types, by what is missing. */
async function ask(
  types: Uint8Array,
): Promise<{ status: number | null; loads: boolean; effects: Record<string, string>; findings: Found[] }> {
  using folder = new Folder();
  const { status, stdout, stderr } = await skep([
    "portability",
    object("questions"),
    "--btf",
    folder.file("kernel.btf", types),
    "--json",
  ]);
  assert.equal(stderr, "");
  const [report] = JSON.parse(stdout).kernels;
  const findings: Found[] = report.findings;
  const effects: Record<string, string> = {};
  for (const { subject, effect, where } of findings) effects[`${where[0]?.program}: ${subject}`] = effect;
  return { status, loads: report.loads, effects, findings };
}

describe("skep portability --btf", () => {
  it("a kernel that has everything: status 0", async () => {
    const types = kernelTypes({ task: NEW, lastHelper: LINUX_6_1 });
    const { status, loads, effects } = await ask(types);
    assert.deepEqual([status, loads], [0, true]);
    // Asked for, and not there: the program never gets to what needs it.
    assert.deepEqual(effects, { "asks: struct task_struct___old.state": "unreached", "asks: bpf_no_such_kfunc": "unreached" });
  });

  it("a kernel that lacks a field: status 7, with type, field and source line", async () => {
    const types = kernelTypes({ task: WITHOUT, lastHelper: LINUX_6_1 });
    const { status, loads, findings } = await ask(types);
    assert.deepEqual([status, loads], [7, false]);
    const [first, ...others] = findings.filter(({ effect }) => effect === "fails");
    assert.deepEqual(others, []);
    assert.equal(first?.subject, "struct task_struct.never_existed");
    assert.equal(first?.reason, "not in these types");
    assert.match(first?.where[0]?.file ?? "", /questions\.bpf\.c$/);
    assert.equal(typeof first?.where[0]?.line, "number");
  });

  it("an older kernel, by the helpers that its types list, whatever its version", async () => {
    const { loads, effects, findings } = await ask(
      kernelTypes({ task: { pid: "int", state: "int", never_existed: "u64" }, lastHelper: LINUX_6_0 }),
    );
    assert.equal(loads, false);
    assert.equal(effects["insists: bpf_ktime_get_tai_ns"], "fails");
    // `asks` looks first, and takes the other way.
    assert.equal(effects["asks: bpf_ktime_get_tai_ns"], undefined);
    assert.equal(effects["asks: struct task_struct.__state"], "unreached");
    assert.equal(effects["asks: struct task_struct___old.state"], "fails");
    const width = findings.find(({ subject }) => subject === "struct task_struct___old.state");
    assert.match(width?.reason ?? "", /of a width/, "a signed long there, an int here");
  });

  it("kernel functions that the kernel has are reached, when the program asks for them", async () => {
    const { effects } = await ask(kernelTypes({ task: NEW, lastHelper: LINUX_6_1, functions: ["bpf_no_such_kfunc"] }));
    assert.deepEqual(effects, { "asks: struct task_struct___old.state": "unreached" });
  });

  it("hooks that the types do not have", async () => {
    using folder = new Folder();
    const types = folder.file("kernel.btf", kernelTypes({ task: { pid: "int" } }));
    const { status, stdout } = await skep(["portability", readerObject("sections"), "--btf", types, "--json"]);
    assert.equal(status, 7);
    const [report] = JSON.parse(stdout).kernels;
    const hooks = report.findings.filter(({ kind }: { kind: string }) => kind === "hook");
    assert.ok(hooks.length > 0);
    assert.match(hooks[0].reason, /^no (function|typedef) \S+ in these types$/);
  });

  it("several kernels, as text", async () => {
    using folder = new Folder();
    const good = folder.file("good.btf", kernelTypes({ task: NEW, lastHelper: LINUX_6_1 }));
    const bad = folder.file("bad.btf", kernelTypes({ task: WITHOUT, lastHelper: LINUX_6_1 }));
    const { status, stdout } = await skep(["portability", object("questions"), "--btf", good, "--btf", bad]);
    assert.equal(status, 7);
    assert.match(stdout, /good\.btf: loads \(relocations: 4 found, 1 missing; 2 missing where it never gets\)/);
    assert.match(stdout, /bad\.btf: does not load/);
    assert.match(
      stdout,
      /✗ struct task_struct\.never_existed: not in these types {2}\S*questions\.bpf\.c:\d+ \(insists, instruction \d+\)/,
    );
    assert.match(stdout, /^minimum kernel 6\.1 \(helper bpf_ktime_get_tai_ns: /m);
  });

  const skip = existsSync("/sys/kernel/btf/vmlinux") ? false : "this kernel tells no types";
  it("the running kernel", { skip }, async () => {
    const { status, stdout } = await skep(["portability", object("counter"), "--btf", "kernel", "--json"]);
    assert.equal(status, 7);
    const [report] = JSON.parse(stdout).kernels;
    assert.deepEqual(
      report.findings.map(({ kind, subject }: { kind: string; subject: string }) => [kind, subject]),
      [["linking", "note"]],
    );
  });
});

describe("skep portability --kernel", () => {
  it("what is too new for a version; code behind a question about the version counts where the answer is yes", async () => {
    const { status, stdout } = await skep(["portability", object("questions"), "--kernel", "5.2,5.10,v6.1", "--json"]);
    assert.equal(status, 7);
    const { kernels, minimumKernel } = JSON.parse(stdout);
    assert.equal(minimumKernel, "6.1");
    assert.deepEqual(
      kernels.map(({ target, loads }: { target: string; loads: boolean }) => [target, loads]),
      [
        ["5.2", false],
        ["5.10", false],
        ["6.1", true],
      ],
    );
    const subjects = kernels[0].findings.map(({ subject, effect }: Found) => `${effect} ${subject}`);
    assert.ok(subjects.includes("fails tracing"));
    assert.ok(subjects.includes("on request bpf_loop"));
    assert.ok(!subjects.some((subject: string) => subject.includes("bpf_send_signal")), "LINUX_KERNEL_VERSION says 5.2");
  });

  it("without a kernel: what is required, and since when; status 0", async () => {
    const { status, stdout } = await skep(["portability", readerObject("arena")]);
    assert.equal(status, 0);
    assert.match(stdout, /^minimum kernel 6\.9 \(/m);
    assert.match(stdout, /^ {2}6\.9 +map type arena +map memory$/m);
    assert.match(stdout, /^ {2}6\.9 +address space cast/m);
  });

  it("says that relocations need types", async () => {
    const { stdout } = await skep(["portability", readerObject("core"), "--kernel", "6.1"]);
    assert.match(stdout, /6\.1: loads \(relocations not checked/);
  });
});

describe("what cannot be checked: one line, and status", () => {
  for (const { what, args, status, says } of [
    { what: "no file", args: [], status: 2, says: /needs a file/ },
    { what: "types without --btf", args: [object("counter"), "6.1.btf"], status: 2, says: /types go behind --btf/ },
    {
      what: "no version",
      args: [object("counter"), "--kernel", "5.x"],
      status: 2,
      says: /versions like 5\.15,6\.1, found "5\.x"/,
    },
    { what: "missing types", args: [object("counter"), "--btf", "nosuch.btf"], status: 4, says: /nosuch\.btf: no such file/ },
    { what: "types that are none", args: [object("counter"), "--btf", "package.json"], status: 4, says: /package\.json: / },
    {
      what: "an object without types",
      args: [object("counter"), "--btf", readerObject("no-types")],
      status: 4,
      says: /no types/,
    },
  ]) {
    it(what, async () => {
      const ended = await skep(["portability", ...args]);
      assert.equal(ended.status, status, ended.stderr);
      assert.match(ended.stderr, says);
      assert.equal(ended.stderr.trimEnd().split("\n").length, 1);
      assert.equal(ended.stdout, "");
    });
  }
});

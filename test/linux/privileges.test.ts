/**
 * The capabilities that `skep inspect` names are the least: with exactly those a program loads and attaches on this kernel; without any one
 * of them it does not, and the error names the one that is missing. Capabilities are really dropped (`setpriv`), in network and mount
 * namespaces of the test's own.
 */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { compile } from "../../src/compile.ts";
import { cgroupRoot } from "../../src/engine/linux/cgroups.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { Asker } from "../../src/engine/linux/features/ask.ts";
import { mayCall } from "../../src/engine/linux/features/callables.ts";
import { probeLinux } from "../../src/engine/linux/probe.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import { privilegesOf } from "../../src/object/requirements/privileges.ts";
import type { Spec } from "../../src/object/spec.ts";
import { writeObject } from "../../src/object/write/write.ts";
import type { CapabilityName } from "../../src/uapi/capabilities.ts";
import { HELPER } from "../../src/uapi/helpers.ts";
import { PERFMON_HELPERS } from "../../src/uapi/privileges.ts";
import { type Ended, Folder, ROOT } from "../cli/skep.ts";
import { withEffective } from "./effective.ts";
import { fixture } from "./fixtures.ts";
import { checkLeastOfTypes } from "./least-types.ts";
import { noGroups } from "./this-kernel.ts";
import "../kernel/leaks.ts";

const missing = [
  probeLinux().reason,
  spawnSync("setpriv", ["--version"]).status === 0 ? null : "setpriv is not installed",
  spawnSync("unshare", ["-n", "-m", "true"]).status === 0 ? null : "namespaces cannot be made (unshare)",
].filter((reason) => reason !== null);
const skip = missing.length === 0 ? false : missing.join(", ");

const root = cgroupRoot({ facts: MACHINE });
const group = `skep-privileges-${process.pid}`;

const folder = new Folder();
const LIBRARY = join(folder.path, "nobody-runs-this.so");

interface Case {
  readonly what: string;
  /** In our language, or an object. */
  readonly source: string | Spec;
  readonly args?: readonly string[];
  /** As a person would expect them, so that the table is not held against itself. */
  readonly expected: readonly string[];
  /** Of those that are needed perhaps: those that are needed here. */
  readonly also?: readonly string[];
  /** Before it: a file system that the program's hook is found in. */
  readonly mount?: string;
  /** What it lacks here. */
  readonly skip?: string | false;
}

const PRINTS = `import { print, xdp, XDP_PASS } from "skep/bpf"; export const p = xdp(() => { print("hello"); return XDP_PASS; });`;

const CASES: readonly Case[] = [
  {
    what: "an XDP program",
    source: `import { xdp, XDP_PASS } from "skep/bpf"; export const p = xdp(() => XDP_PASS);`,
    args: ["--interface", "lo"],
    expected: ["CAP_BPF", "CAP_NET_ADMIN"],
  },
  {
    what: "an XDP program that prints",
    source: PRINTS,
    args: ["--interface", "lo"],
    expected: ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"],
  },
  {
    what: "a tc program",
    source: `import { tc, TC_ACT_OK } from "skep/bpf"; export const p = tc(() => TC_ACT_OK);`,
    args: ["--interface", "lo"],
    expected: ["CAP_BPF", "CAP_NET_ADMIN"],
  },
  {
    what: "a socket filter on an interface",
    source: `import { socketFilter } from "skep/bpf"; export const p = socketFilter(() => 0);`,
    args: ["--interface", "lo"],
    expected: ["CAP_BPF"],
    also: ["CAP_NET_RAW"],
  },
  {
    what: "a program that looks sockets up",
    source: `import { skLookup, SK_PASS } from "skep/bpf"; export const p = skLookup(() => SK_PASS);`,
    expected: ["CAP_BPF"],
  },
  {
    what: "an iterator",
    source: `import { iterator } from "skep/bpf"; export const p = iterator("bpf_map", () => 0);`,
    expected: ["CAP_BPF", "CAP_PERFMON"],
  },
  {
    // In a file that nobody runs: what is attached sees no process.
    what: "a uprobe",
    source: `import { uprobe } from "skep/bpf"; export const p = uprobe("libc.so.6:getppid", () => {});`,
    args: ["--library", LIBRARY],
    expected: ["CAP_SYS_ADMIN"],
  },
  {
    what: "a uprobe by a link of many, which needs less",
    source: fixture("tracing"),
    args: ["--library", LIBRARY, "--program", "on_many"],
    expected: ["CAP_BPF", "CAP_PERFMON"],
  },
  {
    what: "a cgroup_skb program, which loads with less than it attaches with",
    source: `import { cgroupSkbEgress } from "skep/bpf"; export const p = cgroupSkbEgress(() => 1);`,
    args: ["--cgroup", `/${group}`],
    skip: noGroups,
    expected: ["CAP_BPF", "CAP_NET_ADMIN"],
  },
  {
    what: "a program on a control group's connections",
    source: `import { cgroupConnect4 } from "skep/bpf"; export const p = cgroupConnect4(() => 1);`,
    args: ["--cgroup", `/${group}`],
    skip: noGroups,
    expected: ["CAP_BPF", "CAP_NET_ADMIN"],
  },
  {
    what: "a tracepoint program",
    source: `import { tracepoint } from "skep/bpf"; export const p = tracepoint("syscalls/sys_enter_getppid", () => {});`,
    expected: ["CAP_BPF", "CAP_PERFMON"],
    mount: "tracefs /sys/kernel/tracing",
  },
  {
    what: "a typed tracepoint program",
    source: `import { tpBtf } from "skep/bpf"; export const p = tpBtf("sched_process_exit", () => {});`,
    expected: ["CAP_BPF", "CAP_PERFMON"],
  },
  {
    what: "samples of a process",
    source: `import { perfEvent } from "skep/bpf"; export const p = perfEvent(() => {});`,
    args: ["--pid", String(process.pid)],
    expected: ["CAP_BPF", "CAP_PERFMON"],
  },
];

/** Runs a command with these capabilities and no others, as root whose files it must read, in namespaces of its own. */
function withOnly(capabilities: readonly string[], mount: string | undefined, command: readonly string[]): Promise<Ended> {
  const set = ["-all", ...capabilities.map((name) => `+${name.slice(4).toLowerCase()}`)].join(",");
  const limited = ["setpriv", "--bounding-set", set, "--inh-caps", "-all", "--", ...command];
  const script = mount === undefined ? 'exec "$@"' : `mount -t ${mount.split(" ")[0]} ${mount} && exec "$@"`;
  const child = spawn("unshare", ["-n", "-m", "sh", "-c", script, "sh", ...limited], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1" },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (status, signal) => done({ status, signal, stdout, stderr }));
  });
}

describe("the least privileges", { skip, concurrency: 2 }, () => {
  before(() => {
    if (root !== null) mkdirSync(join(root, group));
    const libc = /^\S+ r-xp .* (\/\S*\/libc\.so\.6)$/m.exec(MACHINE.read("/proc/self/maps") ?? "")?.[1];
    assert.ok(libc !== undefined, "this Node runs on no libc.so.6");
    copyFileSync(libc, LIBRARY);
  });
  after(() => {
    if (root !== null) rmdirSync(join(root, group));
    folder[Symbol.dispose]();
  });

  for (const [index, { what, source, args = [], expected, also = [], mount, skip: lacks = false }] of CASES.entries()) {
    it(`of ${what}: ${[...expected, ...also].join(" ")}`, { skip: lacks }, async () => {
      const spec = typeof source === "string" ? await compile(folder.file(`p${index}.bpf.ts`, source)) : source;
      const program = args[args.indexOf("--program") + 1];
      const { capabilities: always, perhaps } = privilegesOf(
        spec,
        args.includes("--program") && program ? { programs: [program] } : {},
      );
      assert.deepEqual(always, expected);
      for (const name of also) assert.ok(perhaps.some((one) => one === name));
      const capabilities = [...always, ...also];
      const object = folder.file(`p${index}.bpf.o`, writeObject(spec));
      const run = (with_: readonly string[]) =>
        withOnly(with_, mount, [process.execPath, join(ROOT, "bin/skep.js"), "run", object, ...args, "--duration", "0.01"]);
      const all = await run(capabilities);
      assert.equal(all.status, 0, all.stderr);
      for (const dropped of capabilities) {
        const { status, stderr } = await run([
          ...capabilities.filter((name) => name !== dropped),
          ...(dropped === "CAP_SYS_ADMIN" ? ["CAP_BPF", "CAP_PERFMON"] : []),
        ]);
        assert.equal(status, 6, `without ${dropped}: ${stderr}`);
        assert.match(stderr, new RegExp(`lacks ${dropped};`), `without ${dropped}`);
      }
    });
  }

  it("CAP_SYS_ADMIN stands for CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN", async () => {
    const object = folder.file("admin.bpf.o", writeObject(await compile(folder.file("admin.bpf.ts", PRINTS))));
    const command = [process.execPath, join(ROOT, "bin/skep.js"), "run", object, "--interface", "lo", "--duration", "0.01"];
    const { status, stderr } = await withOnly(["CAP_SYS_ADMIN"], undefined, command);
    assert.equal(status, 0, stderr);
  });

  it("root of a user namespace has capabilities that count for nothing, and is told so", async (context) => {
    const object = folder.file("user.bpf.o", writeObject(await compile(folder.file("user.bpf.ts", PRINTS))));
    const args = ["-U", "-r", "-n", process.execPath, join(ROOT, "bin/skep.js"), "run", object, "--interface", "lo"];
    if (spawnSync("unshare", ["-U", "-r", "true"]).status !== 0) return context.skip("user namespaces cannot be made (unshare)");
    const { status, stderr } = spawnSync("unshare", args, {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    assert.equal(status, 6, stderr);
    assert.match(stderr, /only inside a user namespace.*BPF token/);
  });
});

it("types of programs load with the capabilities of the table, and with no fewer", { skip }, () => {
  assert.ok(checkLeastOfTypes().length > 20);
});

it("a seccomp filter that forbids bpf(2) is named", { skip }, () => {
  const script = new URL("seccomp.scenarios.ts", import.meta.url).pathname;
  const { stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", script], { encoding: "utf8" });
  const { installed, name, reason, message } = JSON.parse(stdout === "" ? "{}" : stdout);
  assert.equal(installed, 0, stderr);
  assert.deepEqual([name, reason], ["PrivilegeError", "seccomp"]);
  assert.match(message, /seccomp filter.*allow the bpf system call/);
});

it("every helper of the table is one that this kernel keeps from those without CAP_PERFMON", { skip }, async (context) => {
  const { release } = MACHINE;
  if (!release.startsWith("6.18.")) return context.skip(`the table was measured on Linux 6.18, this is ${release}`);
  const asker = new Asker(await openNative(), release);
  const types = ["xdp", "sched_cls", "socket_filter", "cgroup_skb", "sk_msg"] as const;
  const ask = (capabilities: readonly CapabilityName[]) =>
    withEffective(capabilities, () =>
      types.map((type) =>
        Object.entries(HELPER).flatMap(([name, id]) => (mayCall(asker, { type }, id, 0) === true ? [name] : [])),
      ),
    );
  const [more, less] = [ask(["CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON"]), ask(["CAP_BPF", "CAP_NET_ADMIN"])];
  for (const [at, helpers] of more.entries()) {
    const kept = helpers.filter((name) => less[at]?.includes(name) === false);
    const table = helpers.filter((name) => [...PERFMON_HELPERS].some((other) => other === name));
    assert.deepEqual(kept, table, types[at]);
  }
});

/**
 * The kernel that runs here: what `skep features` says of it is held against what it documents, against its configuration, against itself
 * (types and version against probes, measurements against questions), and against bpftool.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import type { Feature, FeatureReport } from "../../src/engine/kernel-features.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { probeLinux } from "../../src/engine/linux/probe.ts";
import { atLeast } from "../../src/engine/linux/release.ts";
import { skep } from "../cli/skep.ts";
import { sameCallables, wrong } from "../support/features.ts";
import "../kernel/leaks.ts";

const { available: privileged, reason } = probeLinux();
const needsRights = privileged ? false : (reason ?? "");

/** Each in a process of its own, which a kernel may kill. */
async function ask(...args: string[]): Promise<FeatureReport> {
  const { status, stdout, stderr, signal } = await skep(["features", "--json", ...args]);
  assert.equal(status, 0, `${signal ?? ""} ${stderr}`);
  return JSON.parse(stdout);
}

/** The kernel's configuration, if it can be read: not by the code under test. */
function configuration(): string | null {
  const packed = MACHINE.bytes("/proc/config.gz");
  return MACHINE.read(`/boot/config-${MACHINE.release}`) ?? (packed === null ? null : gunzipSync(packed).toString());
}

describe("features of this kernel", { skip: process.platform === "linux" ? false : "needs Linux" }, () => {
  for (const how of ["probed", "without asking it"] as const) {
    const skip = how === "probed" ? needsRights : false;
    it(`${how}: what its version has is there, or it is known why not`, { skip }, async () => {
      const { features, system } = await ask(...(how === "probed" ? [] : ["--no-probe"]));
      const missing = features.filter(
        ({ available, since }) => available === "no" && since !== null && atLeast(system.release, since),
      );
      const unexplained = missing.filter(({ cause }) => cause !== "not built in" && cause !== "refused");
      assert.deepEqual(wrong(unexplained), [], `Linux ${system.release} should have these`);
      const config = configuration();
      for (const { name, cause, reason: why } of missing) {
        const option = /(CONFIG_\w+)/.exec(why ?? "")?.[1];
        if (cause !== "not built in" || config === null) continue;
        assert.ok(option !== undefined, `${name}: ${why}`);
        assert.doesNotMatch(config, new RegExp(`^${option}=[ym]$`, "m"), name);
      }
      // Only what needs a trampoline may be refused by a kernel that has it.
      const refused = missing.filter(({ cause }) => cause === "refused").map(({ name }) => name);
      const known = ["ext", "lsm", "lsm_mac", "lsm_cgroup", "trace_fentry", "trace_fexit", "modify_return", "fentry"];
      assert.deepEqual(
        refused.filter((name) => !known.includes(name)),
        [],
      );
    });
  }

  it("what types, configuration and version say, probes say too, but for what is refused", { skip: needsRights }, async () => {
    const [asked, told] = await Promise.all([ask(), ask("--no-probe")]);
    assert.equal(asked.probed, true);
    assert.equal(told.probed, false);
    const difference = asked.features.filter((feature) => {
      const other = told.features.find(({ kind, name }) => kind === feature.kind && name === feature.name);
      return feature.cause !== "refused" && other?.available !== "unknown" && other?.available !== feature.available;
    });
    assert.deepEqual(wrong(difference), []);
  });

  it("what measurements of its version say of helpers and functions, it says too", { skip: needsRights }, async () => {
    const [quick, all] = await Promise.all([ask(), ask("--all")]);
    sameCallables(quick, all);
  });

  it("are told to a user without any capability, as far as files tell", async () => {
    const { status, stdout, stderr } = await skep(["features", "--json"], { unprivileged: true });
    assert.equal(status, 0, stderr);
    const { probed, system, features }: FeatureReport = JSON.parse(stdout);
    assert.equal(probed, false);
    assert.deepEqual(system.process.capabilities, []);
    const unknown = features.filter(({ available }) => available === "unknown");
    assert.ok(unknown.every(({ cause, reason: why }) => cause === "not permitted" && /CAP_BPF/.test(why ?? "")));
    if (MACHINE.bytes("/sys/kernel/btf/vmlinux") !== null) assert.ok(unknown.length < features.length / 10);
  });

  it("by name: yes is status 0, no is status 7, and what is no feature is status 2", { skip: needsRights }, async () => {
    const yes = await skep(["features", "hash", "bpf_map_lookup_elem", "BPF_MAP_TYPE_ARRAY"]);
    assert.equal(yes.status, 0);
    assert.match(yes.stdout, /^yes {2}map type hash since Linux 3\.19$/m);
    assert.match(yes.stdout, /^yes {2}helper bpf_map_lookup_elem since Linux 3\.19\n {5}socket_filter /m);
    const future = await skep(["features", "rhash", "--json"]);
    const [answer] = JSON.parse(future.stdout);
    assert.equal(future.status, answer.available === "yes" ? 0 : 7);
    const none = await skep(["features", "rngbuf"]);
    assert.equal(none.status, 2);
    assert.match(none.stderr, /no feature "rngbuf"; did you mean ringbuf\?/);
  });
});

describe("bpftool on this kernel", { skip: needsRights }, () => {
  // Without `full`, by which it asks for helpers that change how the kernel traces.
  const { stdout } = spawnSync("bpftool", ["-j", "feature", "probe", "kernel"], { encoding: "utf8" });
  const skip = (stdout ?? "") === "" ? "bpftool is not installed" : false;

  /** Where it is wrong, and why: it was made for older kernels. */
  const EXPLAINED: Readonly<Record<string, string>> = {
    tracing: "it asks for an fentry program, which needs a trampoline; typed tracepoints and iterators load",
  };

  it("says the same of types of programs and maps, of instructions and of the system, or it is known why not", {
    skip,
  }, async () => {
    const theirs = JSON.parse(stdout);
    const ours = await ask();
    const say = (kind: Feature["kind"], name: string) =>
      ours.features.find((feature) => feature.kind === kind && feature.name === name)?.available === "yes";
    const refused = ours.features.some(({ name, cause }) => name === "trace_fentry" && cause === "refused");
    for (const [group, kind, pattern] of [
      ["program_types", "program type", /^have_(.*)_prog_type$/],
      ["map_types", "map type", /^have_(.*)_map_type$/],
    ] as const) {
      for (const [key, has] of Object.entries(theirs[group] ?? {})) {
        const name = pattern.exec(key)?.[1] ?? "";
        if (refused && EXPLAINED[name] !== undefined) assert.equal(has, false, EXPLAINED[name]);
        else assert.equal(say(kind, name), has, `${kind} ${name}`);
      }
    }
    const misc = { have_large_insn_limit: "1,000,000 instructions", have_bounded_loops: "bounded loops" } as const;
    for (const [key, name] of Object.entries({ ...misc, have_v2_isa_extension: "v2", have_v3_isa_extension: "v3" }))
      if (theirs.misc?.[key] !== undefined) assert.equal(say("instructions", name), theirs.misc[key], name);
    const { system_config: config } = theirs;
    assert.equal(ours.system.unprivilegedDisabled, config.unprivileged_bpf_disabled);
    assert.equal(ours.system.jit.enabled, config.bpf_jit_enable);
    assert.equal(ours.system.jit.harden, config.bpf_jit_harden);
    assert.equal(ours.system.jit.limit, config.bpf_jit_limit);
    for (const [option, value] of Object.entries(config))
      if (ours.system.configuration !== null && option in ours.system.configuration)
        assert.equal(ours.system.configuration[option], value, option);
  });

  it("gives no helper to more programs than we, unless it cannot read what this kernel's verifier says", { skip }, async () => {
    const theirs: Readonly<Record<string, readonly string[]>> = JSON.parse(stdout).helpers;
    const ours = await ask("--all");
    // A bpftool that does not know today's message ("program of this type cannot use helper") believes that every type has them all.
    const lists = Object.values(theirs).filter((list) => list.length > 0);
    const blind = lists.every((list) => list.length === lists[0]?.length);
    for (const [key, list] of Object.entries(theirs)) {
      const type = key.replace(/_available_helpers$/, "");
      const own = new Set(
        ours.helpers.filter(({ programs }) => programs.split("/")[0] === type).flatMap(({ available }) => available),
      );
      if (list.length === 0 || own.size === 0) continue;
      const extra = list.filter((name) => !own.has(name));
      if (blind) assert.ok(extra.length > 0, `${type}: bpftool can read this kernel after all`);
      else assert.deepEqual(extra, [], type);
    }
  });
});

describe("docs/linux.md", { skip: process.platform === "linux" ? false : "needs Linux" }, () => {
  const page = readFileSync(new URL("../../docs/linux.md", import.meta.url), "utf8");
  const index = new URL("../../src/index.ts", import.meta.url).href;

  for (const what of ["kernelFeatures", "openDryRun"]) {
    it(`what it shows of ${what} runs`, async () => {
      const code = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ""]) => text).find((text) => text.includes(what));
      assert.ok(code !== undefined);
      const script = code.replaceAll('"skep"', JSON.stringify(index));
      // Where firewall.bpf.ts is; nothing that it asks for needs a right.
      const args = ["--no-warnings", "--input-type=module-typescript", "-e", script];
      const cwd = new URL("../../examples/", import.meta.url);
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
      assert.equal(status, 0, stderr);
      assert.notEqual(stdout, "");
    });
  }
});

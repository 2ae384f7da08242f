/** Loading in this kernel, and what is said when it fails: the cause, and what to do about it. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { startScript } from "../kernel/child.ts";
import "../kernel/leaks.ts";
import { scenariosOf } from "./scenario.ts";
import { needs, noEngine, noTypes } from "./this-kernel.ts";

const noUserNamespaces = spawnSync("unshare", ["-Urm", "true"]).status === 0 ? false : "user namespaces are not allowed here";

const run = scenariosOf("./loading.scenarios.ts");

describe("types", { skip: noEngine }, () => {
  test("this kernel knows all kinds that we ask for", { skip: needs("6.12") }, async () => {
    assert.deepEqual(await run("kinds of types"), []);
  });

  test("it takes types in each of the forms that older kernels are given", { skip: needs("6.12") }, async () => {
    assert.deepEqual(await run("types in older forms"), []);
  });
});

describe("a BPF token", { skip: noEngine || needs("6.9") || noUserNamespaces }, () => {
  test("lets a container load what its manager delegated to it, and nothing without", async () => {
    const manager = startScript(new URL("./token-child.ts", import.meta.url), ["manager"], { timeout: 60_000 });
    const loaded = "loaded: token of /sys/fs/bpf, map delegated, program delegated";
    assert.deepEqual(await manager.hear(), { found: loaded, named: loaded, none: "PrivilegeError" });
  });
});

describe("why it fails", { skip: noEngine }, () => {
  for (const [name, expected, message, missing] of [
    [
      "a program that reads beyond a packet",
      { name: "VerifierError" },
      /^program reads: refused by the kernel's verifier: this read may lie behind the end of the packet; check it/,
      false,
    ],
    [
      "a tracepoint that is not there",
      { name: "AttachError" },
      /this kernel has no such target; did you mean sched_switch\?$/,
      noTypes,
    ],
    [
      "a map that is too large",
      { name: "MapError", code: "memory" },
      /has no room for 1048576 entries of 4 \+ 1073741824 bytes; ask for fewer$/,
      false,
    ],
    ["a map of the wrong shape", { name: "MapError", code: "invalid" }, /flags 0x40000000 \(EINVAL\)$/, false],
    [
      "a kernel function that is not there",
      { name: "FeatureError" },
      /no kernel function bpf_task_acquired: did you mean bpf_task_acquire\?$/,
      noTypes || needs("6.1"),
    ],
    [
      "a helper that lockdown takes away",
      { name: "PrivilegeError" },
      /kernel lockdown is in (integrity|confidentiality) mode .* takes bpf_probe_write_user away from everybody$/,
      /\[none\]/.test(MACHINE.read("/sys/kernel/security/lockdown") ?? "[none]") ? "this kernel is not locked down" : false,
    ],
  ] as const) {
    test(name, { skip: missing }, async () => {
      const found = (await run(name)) as { readonly message: string };
      assert.partialDeepStrictEqual(found, { ...expected, left: [] });
      assert.match(found.message, message);
    });
  }

  test("a program that needs a trampoline, which this kernel may refuse", { skip: noTypes || needs("5.5") }, async () => {
    const { name, message } = (await run("a trampoline")) as { readonly name: string; readonly message: string };
    assert.ok(
      name === "nothing" || (name === "FeatureError" && /refuses programs that need a BPF trampoline/.test(message)),
      message,
    );
  });
});

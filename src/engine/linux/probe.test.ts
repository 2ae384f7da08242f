import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { DescriptorLedger } from "./descriptors.ts";
import { interfaceNames, possibleCpus } from "./facts.ts";
import { FakeKernel, fakeFacts } from "./fixtures/fake-kernel.ts";
import { type ProbeTarget, probeLinux } from "./probe.ts";
import { atLeast } from "./release.ts";

const target = (more: Partial<ProbeTarget> = {}): ProbeTarget => ({
  platform: "linux",
  arch: "x64",
  facts: fakeFacts(),
  hasPackage: () => true,
  ...more,
});

describe("may this process use the kernel?", () => {
  test("root on Linux may", () => assert.deepEqual(probeLinux(target()), { available: true, reason: null }));

  for (const { what, more, reason } of [
    { what: "another system", more: { platform: "darwin" }, reason: "the Linux engine needs Linux, this is darwin" },
    { what: "another processor", more: { arch: "s390x" }, reason: /no system call numbers for s390x; there are for x64, arm64/ },
    {
      what: "no native package",
      more: { hasPackage: () => false },
      reason: "the package @koromix/koffi-linux-x64 is not installed",
    },
    {
      what: "on arm64",
      more: { arch: "arm64", hasPackage: () => false },
      reason: "the package @koromix/koffi-linux-arm64 is not installed",
    },
    {
      what: "no /proc",
      more: { facts: { release: "6.18", read: () => null, bytes: () => null, list: () => [], link: () => null } },
      reason: "/proc is not mounted",
    },
    {
      what: "a kernel without bpf",
      more: {
        facts: { ...fakeFacts(), read: (path: string) => (path.includes("unprivileged") ? null : fakeFacts().read(path)) },
      },
      reason: "this kernel has no bpf system call (CONFIG_BPF_SYSCALL)",
    },
    {
      what: "a user",
      more: { facts: fakeFacts({ "/proc/self/status": "CapEff:\t0000000000000000" }) },
      reason: "this process lacks CAP_BPF and CAP_NET_ADMIN (kernel.unprivileged_bpf_disabled is 2)",
    },
    {
      what: "CAP_BPF and CAP_NET_ADMIN without the rest",
      more: { facts: fakeFacts({ "/proc/self/status": "CapEff:\t0000008000001000" }) },
      reason: null,
    },
    {
      what: "root of a container that a file system was delegated to",
      more: {
        facts: fakeFacts({
          "/proc/self/uid_map": "0 1000 1",
          "/proc/self/mounts": "none /sys/fs/bpf bpf rw,delegate_cmds=any 0 0",
        }),
      },
      reason: null,
    },
    { what: "root of a container", more: { facts: fakeFacts({ "/proc/self/uid_map": "0 1000 1" }) }, reason: /user namespace/ },
  ] as const) {
    test(`${what}: ${reason === null ? "may" : "may not, and why"}`, () => {
      const probe = probeLinux(target(more));
      if (reason === null) assert.deepEqual(probe, { available: true, reason: null });
      else if (typeof reason === "string") assert.deepEqual(probe, { available: false, reason });
      else assert.match(probe.reason ?? "", reason);
    });
  }

  test("asking does not load native code", { skip: process.platform === "linux" ? false : "needs Linux" }, () => {
    const script = `
      const { probeLinux } = await import(${JSON.stringify(new URL("./engine.ts", import.meta.url).href)});
      probeLinux();
      console.log(process.report.getReport().sharedObjects.some((path) => path.includes("koffi")));`;
    const { stdout } = spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", script], { encoding: "utf8" });
    assert.equal(stdout.trim(), "false");
  });
});

describe("facts", () => {
  for (const [text, cpus] of [
    ["0", 1],
    ["0-3", 4],
    ["0-3,8", 5],
    ["0-127", 128],
    ["nonsense", 1],
  ] as const) {
    test(`possible CPUs ${text}: ${cpus}`, () =>
      assert.equal(possibleCpus(fakeFacts({ "/sys/devices/system/cpu/possible": text })), cpus));
  }

  test("interfaces, the loopback last", () => {
    assert.deepEqual(interfaceNames(fakeFacts({ "/sys/class/net/wlan0/ifindex": "3", "/sys/class/net/bonding_masters": "" })), [
      "eth0",
      "wlan0",
      "lo",
    ]);
  });

  test("kernel versions are compared as numbers", () => {
    assert.equal(atLeast("6.18.44-fc-v657", "6.2"), true);
    assert.equal(atLeast("5.10.0", "5.9"), true);
    assert.equal(atLeast("5.8.18", "5.9"), false);
    assert.equal(atLeast("4.19.0", "5.0"), false);
    assert.equal(atLeast("a kernel of my own", "5.9"), true);
  });
});

describe("the ledger of descriptors", () => {
  test("knows what is open, and closes each once", () => {
    const kernel = new FakeKernel();
    const ledger = new DescriptorLedger(kernel);
    kernel.descriptors.set(5, "map_create").set(6, "prog_load");
    const map = ledger.adopt(5, "map drops");
    ledger.adopt(6, "program firewall");
    assert.deepEqual(ledger.report(), ["5: map drops", "6: program firewall"]);
    map.close();
    kernel.descriptors.set(5, "link_create"); // the kernel gave the number to somebody else
    map.close();
    assert.equal(kernel.descriptors.has(5), true);
    assert.equal(map.fd, -1);
    ledger.closeAll();
    assert.deepEqual(ledger.report(), []);
    assert.deepEqual([...kernel.descriptors.keys()], [5]);
  });
});

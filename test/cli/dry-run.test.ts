/** `skep run --dry-run`: what it would do, without any right to do it. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { Folder, skep } from "./skep.ts";

const XDP = ["run", "examples/firewall.bpf.ts", "--interface", "lo", "--dry-run"];
const skip = process.platform === "linux" ? false : "needs Linux";

describe("skep run --dry-run", { skip }, () => {
  it("prints each call as strace does, and what they need", async () => {
    const blocked = `blocked={"prefixLength":24,"address":"203.0.113.0"}:1`;
    const { status, stdout, stderr } = await skep([...XDP, "--set", blocked], { unprivileged: true });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^bpf\(BPF_MAP_CREATE, \{ map_type=BPF_MAP_TYPE_LPM_TRIE, .*map_name="blocked".*\}\) = \d+$/m);
    assert.match(
      stdout,
      /^bpf\(BPF_PROG_LOAD, \{ prog_type=BPF_PROG_TYPE_XDP, .*license="GPL", prog_name="firewall".*\}\) = \d+$/m,
    );
    assert.match(stdout, /^bpf\(BPF_MAP_UPDATE_ELEM, \{ map_fd=\d+, key=0x18000000cb007100, value=0x01000000 \}\) = 0$/m);
    assert.match(stdout, /^bpf\(BPF_LINK_CREATE, \{ prog_fd=\d+, target_ifindex=1, attach_type=BPF_XDP.*\}\) = \d+$/m);
    assert.match(
      stdout,
      /none of which was made\. They need CAP_BPF CAP_NET_ADMIN; this process lacks CAP_BPF and CAP_NET_ADMIN\n$/,
    );
  });

  it("as data", async () => {
    const { status, stdout, stderr } = await skep([...XDP, "--json"], { unprivileged: true });
    assert.equal(status, 0, stderr);
    const { calls, privileges, missing } = JSON.parse(stdout);
    assert.deepEqual(
      calls.map(({ call, command }: { call: string; command?: string }) => command ?? call),
      ["BPF_BTF_LOAD", "BPF_MAP_CREATE", "BPF_MAP_CREATE", "BPF_PROG_LOAD", "BPF_LINK_CREATE"],
    );
    assert.deepEqual(privileges.capabilities, ["CAP_BPF", "CAP_NET_ADMIN"]);
    assert.deepEqual(missing, ["CAP_BPF", "CAP_NET_ADMIN"]);
  });

  it("opens buffers, too, and finds tracepoints that only root sees", async () => {
    const { status, stdout, stderr } = await skep(["run", "examples/open-exec.bpf.ts", "--dry-run"], { unprivileged: true });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^mmap\(.*\) = 0\n/m);
    assert.match(stdout, /^perf_event_open\(type=PERF_TYPE_TRACEPOINT, /m);
    assert.match(stdout, /attach_type=BPF_PERF_EVENT/);
  });

  it("counts what programs need that are called by a program array", async () => {
    using folder = new Folder();
    const file = folder.file(
      "calls.bpf.ts",
      `import { print, programArray, xdp, XDP_PASS } from "skep/bpf";
export const leaf = xdp(() => { print("called"); return XDP_PASS; });
export const calls = programArray({ maxEntries: 1, programs: () => [leaf] });
export const root = xdp((ctx) => { calls.tailCall(ctx, 0); return XDP_PASS; });
`,
    );
    const { status, stdout, stderr } = await skep(["run", file, "--interface", "lo", "--dry-run"], { unprivileged: true });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /prog_name="leaf"/);
    assert.equal(stdout.match(/^bpf\(BPF_LINK_CREATE/gm)?.length, 1);
    assert.match(stdout, /They need CAP_BPF CAP_PERFMON CAP_NET_ADMIN;/);
    const refused = await skep(["run", file, "--interface", "lo", "--duration", "0.01"], { unprivileged: true });
    assert.equal(refused.status, 6);
    assert.match(refused.stderr, /; all that it needs: CAP_BPF CAP_PERFMON CAP_NET_ADMIN /);
  });

  const noTypes = existsSync("/sys/kernel/btf/vmlinux") ? false : "the kernel has no types (/sys/kernel/btf/vmlinux)";
  it("attaches interfaces of the kernel as a whole", { skip: noTypes }, async () => {
    using folder = new Folder();
    const file = folder.file(
      "mine.bpf.ts",
      `import { structOps } from "skep/bpf";
import { type tcp_congestion_ops, type tcp_sock } from "skep/vmlinux";
export const mine = structOps<tcp_congestion_ops>({ ssthresh: (tp: tcp_sock) => tp.snd_cwnd, cong_avoid: () => {}, name: "mine" });
`,
    );
    const { status, stdout, stderr } = await skep(["run", file, "--dry-run"], { unprivileged: true });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /prog_name="mine_ssthresh"[\s\S]*prog_name="mine_cong_avoid"/);
    assert.match(stdout, /^bpf\(BPF_LINK_CREATE, \{ map_fd=\d+, attach_type=BPF_STRUCT_OPS \}\) = \d+$/m);
  });

  it("is for the kernel, and does not wait", async () => {
    const replay = await skep(["run", "examples/firewall.bpf.ts", "--replay", "x.pcap", "--dry-run"]);
    assert.equal(replay.status, 2);
    assert.match(replay.stderr, /--dry-run is for the kernel/);
    const watch = await skep([...XDP, "--watch"]);
    assert.equal(watch.status, 2);
    assert.match(watch.stderr, /--dry-run.*--watch/);
  });
});

describe("skep run without the right to", { skip }, () => {
  it("says what is missing first, and all that the program needs", async () => {
    const { status, stderr } = await skep(["run", "examples/open-exec.bpf.ts", "--duration", "0.01"], { unprivileged: true });
    assert.equal(status, 6);
    assert.match(stderr, /not permitted: this process lacks CAP_BPF;/);
    assert.match(stderr, /; all that it needs: CAP_BPF CAP_PERFMON; CAP_DAC_READ_SEARCH unless .*skep lend need none/);
  });
});

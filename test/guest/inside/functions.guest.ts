/** Programs on functions of the kernel: kprobes and what needs a BPF trampoline, from clang's objects and in our language. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../../src/packets/index.ts";
import { fixture } from "../../linux/fixtures.ts";
import {
  fires,
  hits,
  lacks,
  leavesNothing,
  loadModule,
  opensSocket,
  openWithout,
  ownCgroup,
  sh,
  test,
  typescript,
  unlinks,
  variable,
} from "./guest.ts";

leavesNothing();

const PROBES = "CONFIG_KPROBES";
const MANY = "CONFIG_FPROBE";

for (const { program, place, description, skip = false } of [
  { program: "on_kprobe", place: 0, description: "kprobe do_unlinkat", skip: lacks("4.17", PROBES) },
  { program: "on_kretprobe", place: 1, description: "kretprobe do_unlinkat", skip: lacks("4.17", PROBES) },
  { program: "on_syscall", place: 2, description: "kprobe __x64_sys_unlink", skip: lacks("4.17", PROBES) },
  { program: "on_many", place: 3, description: "kprobe.multi do_unlink*", skip: lacks("5.18", MANY) },
  { program: "on_session", place: 12, description: "kprobe.session do_unlinkat", skip: lacks("6.10", MANY) },
  { program: "on_entry", place: 4, description: "fentry do_unlinkat" },
  { program: "on_exit", place: 5, description: "fexit do_unlinkat" },
  { program: "on_modify", place: 6, description: "fmod_ret security_path_unlink" },
  { program: "on_lsm", place: 7, description: "lsm path_unlink", skip: lacks("5.7", "CONFIG_BPF_LSM") },
] as const) {
  test(`clang: ${description}`, { skip }, async () => {
    assert.equal(await fires({ program, counter: hits(place), act: unlinks }), description);
  });
}

test("clang: lsm_cgroup", { skip: lacks("6.0", "CONFIG_BPF_LSM") }, async () => {
  const options = { cgroup: ownCgroup() };
  const description = await fires({ program: "on_socket", counter: hits(8), options, act: opensSocket });
  assert.equal(description, "lsm_cgroup/socket_create on /skep");
});

test("clang: fentry of a function of a module", async () => {
  loadModule("veth");
  sh("ip link add name skep0 type veth peer name skep1");
  const act = () => {
    sh("ip link set dev skep0 down");
    sh("ip link set dev skep0 up");
  };
  assert.equal(await fires({ program: "on_module", counter: hits(9), act }), "fentry veth:veth_open");
  sh("ip link del dev skep0");
});

test("clang: freplace puts a function in the place of another program's", async () => {
  await using engine = await openLinux();
  await using target = await engine.load(fixture("trampolines"), { programs: ["calls"] });
  const { calls } = target.programs;
  assert.ok(calls);
  await using other = await engine.load(fixture("trampolines"), { programs: ["replaces"], replaces: { replaces: calls } });
  const verdict = () => calls.run({ packet: packet(ethernet(), ipv4(), udp(), padding()) }).verdict;
  assert.equal(verdict(), 1);
  const link = await other.programs["replaces"]?.attach();
  assert.equal(verdict(), 2);
  await link?.detach();
  assert.equal(verdict(), 1);
});

for (const { program, counter, description, skip = false } of [
  { program: "onKprobe", counter: "kprobes", description: "kprobe do_unlinkat" },
  { program: "onKretprobe", counter: "kretprobes", description: "kretprobe do_unlinkat" },
  { program: "onMany", counter: "many", description: "kprobe.multi do_unlink*", skip: lacks("5.18", MANY) },
  { program: "onReturns", counter: "returns", description: "kretprobe.multi do_unlink*", skip: lacks("5.18", MANY) },
  { program: "onSession", counter: "sessions", description: "kprobe.session do_unlinkat", skip: lacks("6.10", MANY) },
  { program: "onEntry", counter: "entries", description: "fentry do_unlinkat" },
  { program: "onExit", counter: "exits", description: "fexit do_unlinkat" },
  { program: "onModify", counter: "modified", description: "fmod_ret security_path_unlink" },
  { program: "onDecision", counter: "decided", description: "lsm path_unlink", skip: lacks("5.7", "CONFIG_BPF_LSM") },
] as const) {
  test(`TypeScript: ${description}`, { skip }, async () => {
    const spec = typescript("functions");
    assert.equal(await fires({ program, spec, counter: variable(counter), act: unlinks }), description);
  });
}

test("TypeScript: an LSM program refuses", { skip: lacks("5.7", "CONFIG_BPF_LSM") }, async () => {
  await using engine = await openLinux();
  await using collection = await engine.load(typescript("functions"), { programs: ["onDecision"], variables: { refuse: 1 } });
  collection.variables["watched"]?.set(process.pid);
  const link = await collection.programs["onDecision"]?.attach();
  assert.throws(unlinks, { code: "EPERM" });
  await link?.detach();
  unlinks();
});

test("TypeScript: lsm_cgroup", { skip: lacks("6.0", "CONFIG_BPF_LSM") }, async () => {
  const spec = typescript("functions");
  await fires({ program: "onSocket", spec, counter: variable("sockets"), options: { cgroup: ownCgroup() }, act: opensSocket });
});

for (const [program, place, spec, description] of [
  ["on_kretprobe", 1, "trampolines", "kretprobe do_unlinkat"],
  ["on_entry", 3, "tracing", "uprobe libc.so.6:getppid"],
] as const) {
  test(`as before Linux 4.17, through tracefs: ${description}`, {
    skip: lacks("4.1", "CONFIG_KPROBE_EVENTS", "CONFIG_UPROBE_EVENTS"),
  }, async () => {
    const act = () => {
      unlinks();
      return process.ppid;
    };
    const options = { program, spec: fixture(spec), counter: hits(place), act, engine: () => openWithout("/devices/") };
    assert.equal(await fires(options), description);
    assert.doesNotMatch(readFileSync("/sys/kernel/tracing/dynamic_events", "utf8"), /skep/);
  });
}

/** Programs that know kernel types: clang's CO-RE objects against the types that the host presents, and objects of those types. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { virtualClock } from "../../src/engine/embedded/clock.ts";
import { type EmbeddedOptions, openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { BpfMap } from "../../src/engine/engine.ts";
import { fixture } from "./fixtures.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";
const skip = existsSync(VMLINUX) ? false : `no types of a kernel in ${VMLINUX}`;

for (const execution of ["interpreter", "jit"] as const) {
  describe(`kernel types, ${execution}`, { skip }, () => {
    const types = skip === false ? new Uint8Array(readFileSync(VMLINUX)) : new Uint8Array(0);
    const open = (options: EmbeddedOptions = {}) =>
      openEmbedded({ unsafe: true, execution, memory: 8 << 20, clock: virtualClock(), ...options });
    const processes = [
      { pid: 100, comm: "init-like" },
      { pid: 7, tid: 8, uid: 1000, comm: "worker", parent: 100, task: { mm: { total_vm: 321 } } },
    ];
    const EXPECTED = { pid: 8, parent: 100, uid: 1000, pages: 321n, never: 0n, comm: "worker" };

    test("a chain of reads from the current task", async () => {
      await using engine = open({ room: { types, processes } });
      await using collection = await engine.load(fixture("tasks"));
      await using _link = await collection.programs["reads"]!.attach({});
      engine.emit("raw_tp/reads", {}, { pid: 8 });
      assert.deepEqual(collection.maps["seen"]!.get(0), { ...EXPECTED, result: 0 });

      engine.processes.remove(100);
      engine.emit("raw_tp/reads");
      assert.equal((collection.maps["seen"]!.get(0) as { parent: number }).parent, 0, "its parent ended");
      engine.processes.get(8)!.set({ comm: "renamed", parent: 8 });
      engine.emit("raw_tp/reads");
      const { comm, parent } = collection.maps["seen"]!.get(0) as { comm: string; parent: number };
      assert.deepEqual([comm, parent], ["renamed", 7], "a task is kept up with its process");
    });

    test("what is mapped at an address of the process", async () => {
      const buildId = new Uint8Array(20);
      const mappings = [{ start: 0x400000, end: 0x402000, offset: 0x3000, buildId }];
      await using engine = open({
        room: {
          types,
          processes: [
            { pid: 7, mappings },
            { pid: 9, kernel: true },
          ],
        },
      });
      await using collection = await engine.load(fixture("mappings"));
      await using _link = await collection.programs["mapped"]!.attach({});
      const data = collection.maps["mappings.data"] as BpfMap<number, { address: bigint }>;
      const bss = collection.maps["mappings.bss"] as BpfMap<number, { flags: bigint }>;
      const ask = (pid: number, address: bigint, flags = 0n) => {
        data.set(0, { ...data.get(0)!, address });
        bss.set(0, { ...bss.get(0)!, flags });
        return engine.emit("raw_tp/maps", {}, { pid }).result;
      };
      assert.equal(ask(7, 0x401234n), 0);
      assert.deepEqual(collection.maps["results"]!.get(0), { start: 0x400000n, end: 0x402000n, page: 3n });
      assert.equal(ask(7, 0x400000n), 0);
      assert.equal(ask(7, 0x402000n), -2, "-ENOENT: the end is not in it");
      assert.equal(ask(7, 0x1_0040_1234n), -2, "64 bits count");
      assert.equal(ask(9, 0x401234n), -2, "a thread of the kernel has no memory");
      assert.equal(ask(7, 0x401234n, 1n), -22, "-EINVAL: there are no flags");
    });

    test("typed arguments are followed without helpers; null reads as 0", async () => {
      await using engine = open({ room: { types, processes } });
      await using collection = await engine.load(fixture("tasks"));
      await using _link = await collection.programs["follows"]!.attach({});
      const task = engine.kernel.taskOf(engine.processes.get(8)!);
      assert.equal(engine.emit("raw_tp/follows", { args: [{ address: task }] }).result, 8);
      assert.deepEqual(collection.maps["seen"]!.get(1), { ...EXPECTED, result: 0 });
      const alone = engine.kernel.object("task_struct", { pid: 5, comm: "alone", mm: { total_vm: 1 } });
      assert.equal(engine.emit("raw_tp/follows", { args: [alone] }).result, 5, "no parent, no cred: they read as 0");
      assert.deepEqual(collection.maps["seen"]!.get(1), {
        pid: 5,
        parent: 0,
        uid: 0,
        result: 0,
        pages: 1n,
        never: 0n,
        comm: "alone",
      });
      assert.equal(engine.emit("raw_tp/follows", { args: [0] }).result, 0);
    });

    test("what the types do not have stops a program that did not ask", async () => {
      await using engine = open({ room: { types, processes } });
      await using collection = await engine.load(fixture("tasks"), { programs: ["trusts"] });
      assert.throws(() => collection.programs["trusts"]!.run(), {
        name: "FaultError",
        message: /trusts, slot \d+.*: the kernel types of the room do not have what is used here/,
      });
    });

    test("objects: fields by name, nested, pointers, arrays, bit-fields, enumerators; what does not fit is refused", async () => {
      await using engine = open({ room: { types } });
      const { kernel } = engine;
      const { used } = engine.memory;
      const task = kernel.object("struct task_struct", {
        pid: -1,
        comm: "x",
        in_execve: 1,
        cred: { uid: { val: 5 } },
        rcu_users: { refs: { counter: 2 } },
      });
      assert.throws(() => task.set({ pdi: 1 }), /task_struct has no field pdi; did you mean pid\?/);
      assert.throws(() => task.set({ pid: 2 ** 40 }), /task_struct\.pid: expected 32 bits, found 1099511627776/);
      assert.throws(
        () => task.set({ comm: "much too long for a task" }),
        /task_struct\.comm: expected at most 15 characters, found 24/,
      );
      assert.throws(() => task.set({ in_execve: 2 }), /in_execve: expected 1 bits, found 2/);
      assert.throws(() => kernel.object("task_strukt"), /the kernel types of the room have no struct task_strukt/);
      kernel.release(task);
      assert.throws(() => kernel.release(task), /it was not made here, or is released already/);
      kernel.temporary(() => kernel.object("dentry", { d_name: { name: "file", len: 4 } }));
      assert.equal(engine.memory.used, used, "what pointers were given goes with its object");
    });

    test("a decision of an LSM program, about a file whose path the host says", async () => {
      await using engine = open({ room: { types } });
      await using collection = await engine.load(fixture("files"));
      await using _link = await collection.programs["decides"]!.attach({});
      const decide = (path: string) => {
        const file = engine.kernel.object("file", { f_flags: 0x8000, f_path: path });
        return engine.emit("lsm/file_open", { args: [file], ret: 0 }).result;
      };
      assert.equal(decide("/etc/passwd"), 0);
      assert.deepEqual(collection.maps["seen"]!.get(0), { length: 12n, flags: 0x8000n, path: "/etc/passwd" });
      assert.equal(decide("/secret/key"), -1);
      assert.equal(decide("/".padEnd(48, "x")), 0);
      assert.equal((collection.maps["seen"]!.get(0) as { length: bigint }).length, -36n, "-ENAMETOOLONG: no room for its NUL");
      const nameless = engine.kernel.object("file", {});
      assert.throws(() => engine.emit("lsm/file_open", { args: [nameless] }), /nobody named the path at that address/);
    });

    test("without types: programs that need them are refused, and a task is an address to tell tasks apart", async () => {
      await using engine = open({ room: { processes } });
      await assert.rejects(engine.load(fixture("tasks")), {
        name: "FeatureError",
        feature: "CO-RE",
        message: /room: \{ types \}/,
      });
      const [one, two] = [8, 100].map((tid) => engine.kernel.taskOf(engine.processes.get(tid)!));
      assert.notEqual(one, two);
      assert.equal(engine.kernel.taskOf(engine.processes.get(8)!), one);
      assert.throws(() => engine.kernel.object("task_struct"), /the room has no kernel types/);
    });
  });
}

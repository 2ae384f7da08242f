/** Iterator programs (`iter/…`) over what a room has, read as lines and as bytes. Kernel beside it: test/kernel/iterators.test.ts. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { virtualClock } from "../../src/engine/embedded/clock.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { BpfMap, Collection, IterateOptions } from "../../src/engine/engine.ts";
import { fixture } from "./fixtures.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";
const skip = existsSync(VMLINUX) ? false : `no types of a kernel in ${VMLINUX}`;

for (const execution of ["interpreter", "jit"] as const) {
  describe(`iterators, ${execution}`, { skip }, () => {
    const types = skip === false ? new Uint8Array(readFileSync(VMLINUX)) : new Uint8Array(0);
    const processes = [
      { pid: 9, comm: "server", cgroup: "/web/api" },
      { pid: 3, comm: "shell" },
      { pid: 3, tid: 5, comm: "helper", cgroup: "/web" },
    ];
    const open = (options = {}) =>
      openEmbedded({
        unsafe: true,
        execution,
        memory: 16 << 20,
        clock: virtualClock(),
        room: { types, processes, ...options },
      });

    async function lines(collection: Collection, program: string, options?: IterateOptions): Promise<string[]> {
      const found: string[] = [];
      for await (const line of collection.programs[program]!.iterate!(options)) found.push(line);
      return found;
    }

    test("threads of the room, by number; the last call has none", async () => {
      await using engine = open();
      await using collection = await engine.load(fixture("iterators"));
      assert.deepEqual(await lines(collection, "tasks"), ["3 3 shell", "3 5 helper", "9 9 server", "2: that is all"]);
      assert.deepEqual(await lines(collection, "tasks", { pid: 3 }), ["3 3 shell", "3 5 helper", "1: that is all"]);
      assert.deepEqual(await lines(collection, "tasks", { tid: 5 }), ["3 5 helper", "0: that is all"]);
      assert.deepEqual(await lines(collection, "tasks", { tid: 6 }), ["0: that is all"]);
      engine.processes.remove(3);
      assert.deepEqual(await lines(collection, "tasks"), ["3 5 helper", "9 9 server", "1: that is all"], "each loop begins anew");
    });

    test("control groups, from any of them, in any order", async () => {
      await using engine = open();
      await using collection = await engine.load(fixture("iterators"));
      engine.processes.add({ pid: 10, cgroup: "/other" });
      for (const [options, levels] of [
        [{}, [0, 1, 2, 1]],
        [{ order: "down-last" }, [2, 1, 1, 0]],
        [{ cgroup: "/web" }, [1, 2]],
        [{ cgroup: "/web/api", order: "up" }, [2, 1, 0]],
        [{ cgroup: "/web", order: "self" }, [1]],
      ] as const) {
        const found = (await lines(collection, "groups", options)).map((line) => line.split(" ").map(Number));
        assert.deepEqual(
          found.map(([, level]) => level),
          levels,
          JSON.stringify(options),
        );
        assert.deepEqual(
          found.map(([number]) => number),
          levels.map((_, index) => index),
        );
      }
    });

    test("maps, as struct bpf_map has them", async () => {
      await using engine = open();
      await using collection = await engine.load(fixture("iterators"));
      assert.deepEqual((await lines(collection, "maps")).slice(0, 2), ["counts 1 4 8 64", "slots 2 4 8 3"]);
    });

    test("entries of a map, whose values the program may write", async () => {
      await using engine = open();
      await using collection = await engine.load(fixture("iterators"));
      const counts = collection.maps["counts"] as BpfMap<number, bigint>;
      const slots = collection.maps["slots"] as BpfMap<number, bigint>;
      slots.set(1, 5n);
      assert.deepEqual(await lines(collection, "entries", { map: slots }), ["0: 0 = 0", "1: 1 = 5", "2: 2 = 0", "end 2 1"]);
      assert.equal(slots.get(1), 10n);
      assert.deepEqual(await lines(collection, "entries", { map: counts }), ["end 0 1"], "an empty map");
      counts.setAll([
        [7, 70n],
        [8, 80n],
      ]);
      const found = (await lines(collection, "entries", { map: counts })).map((line) => line.replace(/^\d+: /, ""));
      assert.deepEqual(found.sort(), ["7 = 70", "8 = 80", "end 1 1"]);
      assert.deepEqual([counts.get(7), counts.get(8)], [140n, 160n]);
    });

    test("bytes, in pieces that cut nothing", async () => {
      await using engine = open();
      await using collection = await engine.load(fixture("iterators"), { maxEntries: { counts: 1000 } });
      const counts = collection.maps["counts"] as BpfMap<number, bigint>;
      for (let key = 0; key < 1000; key++) counts.set(key, BigInt(key * 2));
      const pairs = new Map<bigint, bigint>();
      let pieces = 0;
      for await (const piece of collection.programs["pairs"]!.iterate!({ map: counts }).chunks()) {
        assert.equal(piece.length % 16, 0);
        pieces++;
        const words = new BigUint64Array(piece.buffer, piece.byteOffset, piece.length / 8);
        for (let at = 0; at < words.length; at += 2) pairs.set(words[at]!, words[at + 1]!);
      }
      assert.equal(pairs.size, 1000);
      assert.equal(pairs.get(500n), 1000n);
      assert.ok(pieces > 1);
    });

    test("an object that does not fit any more is asked for again; one that never fits ends it", async () => {
      await using engine = open();
      const spec = fixture("iterators");
      await using collection = await engine.load(spec);
      const { slots } = collection.maps;
      const data = collection.maps["iterator.data"] as BpfMap<number, { repeat: number; again: number }>;
      const seen = () => (collection.maps["iterator.bss"] as BpfMap<number, { calls: number; overflows: number }>).get(0)!;
      assert.equal((await lines(collection, "floods", { map: slots! })).length, 3);
      assert.deepEqual([seen().calls, seen().overflows], [3, 0]);
      // 3 × 32 lines of 1,000 bytes: each piece has room for one object's.
      data.set(0, { ...data.get(0)!, repeat: 32 });
      assert.equal((await lines(collection, "floods", { map: slots! })).length, 96);
      data.set(0, { ...data.get(0)!, repeat: 33 });
      await assert.rejects(lines(collection, "floods", { map: slots! }), { name: "IterationError", code: "E2BIG" });
      assert.equal(seen().overflows, 1);

      assert.deepEqual(await lines(collection, "retries", { map: slots! }), ["0: 0", "1: 1", "2: 2"]);
      data.set(0, { ...data.get(0)!, again: 9 });
      await assert.rejects(lines(collection, "retries", { map: slots! }), { name: "IterationError", code: "EAGAIN" });
    });

    test("references to tasks and control groups: each answer is a bit; what is kept is told", async () => {
      await using engine = open();
      const spec = fixture("iterators");
      await using collection = await engine.load({ ...spec, programs: spec.programs.map((one) => ({ ...one, autoload: true })) });
      const data = collection.maps["iterator.data"] as BpfMap<number, { wanted: number }>;
      data.set(0, { ...data.get(0)!, wanted: 9 });
      assert.deepEqual(await lines(collection, "references"), ["f7f"]);
      await assert.rejects(lines(collection, "keeps"), /reference to a task taken at slot \d+ was not released/);
    });

    test("what is refused", async () => {
      await using engine = open();
      await using collection = await engine.load(fixture("iterators"));
      const { tasks, entries } = collection.programs;
      assert.throws(() => tasks!.iterate!({ cgroup: "/" }), /iter\/task does not know the option cgroup/);
      await assert.rejects(lines(collection, "entries"), /say which map/);
      assert.throws(() => entries!.run(), /an iterator is read, not run/);
      await assert.rejects(tasks!.attach({}), /an iterator is read, and attached nowhere/);
      const spec = fixture("iterators");
      const renamed = (target: string) => ({
        ...spec,
        programs: spec.programs.map((one) => ({ ...one, section: `iter/${target}`, target })),
      });
      await assert.rejects(engine.load(renamed("tcp")), {
        name: "FeatureError",
        message: /goes through iter\/task, iter\/bpf_map, iter\/bpf_map_elem, iter\/cgroup, not iter\/tcp/,
      });
      const elsewhere = spec.programs.map((one) => ({ ...one, section: "fentry/f", attachType: "trace_fentry" as const }));
      await assert.rejects(engine.load({ ...spec, programs: elsewhere }), /bpf_seq_printf writes for the reader of an iterator/);
      const reader = entries!.iterate!({ map: collection.maps["slots"]! })[Symbol.asyncIterator]();
      await reader.next();
      await collection[Symbol.asyncDispose]();
      await assert.rejects(lines(collection, "tasks"), { name: "MapError", code: "closed" });
    });
  });
}

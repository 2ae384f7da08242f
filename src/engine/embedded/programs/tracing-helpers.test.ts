/** Helpers of programs on events, one by one: what they give, and what they refuse. Both executions. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfBuilder } from "../../../btf/builder.ts";
import type { MapDeclaration } from "../../../object/module.ts";
import type { MapSpec } from "../../../object/spec.ts";
import type { ContextInput, Program } from "../../engine.ts";
import { virtualClock } from "../clock.ts";
import { type EmbeddedEngine, openEmbedded } from "../engine.ts";
import type { EventMeta } from "../room/events.ts";
import type { RoomDescription } from "../room/room.ts";
import { eventSpec, outMap } from "./fixtures/assembled.ts";

/** What a program is, what happens to it, and what it leaves: its result, and the 64 bytes at r10 - 64. */
interface Case {
  readonly section: string;
  readonly text: string;
  readonly room?: RoomDescription;
  readonly context?: (engine: EmbeddedEngine) => ContextInput;
  readonly meta?: EventMeta;
}

/** Puts 64 bytes of the stack where user space finds them; r6 is the result. */
const SHOW = `r6 = r0\n *(u32 *)(r10 - 68) = 0\n r1 = map out\n r2 = r10\n r2 += -68\n r3 = r10\n r3 += -64\n r4 = 0\n call bpf_map_update_elem\n r0 = r6\n exit`;
const CLEAR = Array.from({ length: 8 }, (_, index) => `*(u64 *)(r10 - ${64 - index * 8}) = 0`).join("\n");

for (const execution of ["interpreter", "jit"] as const) {
  describe(`helpers on events, ${execution}`, () => {
    async function run({ section, text, room = {}, context = () => ({}), meta = {} }: Case) {
      await using engine = openEmbedded({ unsafe: true, execution, memory: 4 << 20, clock: virtualClock(), room });
      await using collection = await engine.load(eventSpec({ main: [section, `${CLEAR}\n${text}\n${SHOW}`] }, [outMap(1, 64)]));
      await using _link = await collection.programs["main"]!.attach({});
      const { result } = engine.emit(`${section}`, context(engine), meta);
      const bytes = (collection.maps["out"]!.get(0) as Uint8Array).slice();
      return { result, bytes, words: [...new BigUint64Array(bytes.buffer)], engine };
    }

    test("arguments and result of a function", async () => {
      const text = (index: number) => `r2 = ${index}\n r3 = r10\n r3 += -64\n call bpf_get_func_arg`;
      const context = () => ({ args: [5, 6], ret: -7 });
      assert.deepEqual((await run({ section: "fexit/f", text: text(1), context })).words[0], 6n);
      assert.equal((await run({ section: "fexit/f", text: text(2), context })).result, -22, "-EINVAL: there are two");
      assert.equal((await run({ section: "fexit/f", text: "call bpf_get_func_arg_cnt", context })).result, 2);
      const result = "r2 = r10\n r2 += -64\n call bpf_get_func_ret";
      assert.equal((await run({ section: "fexit/f", text: result, context })).words[0], BigInt.asUintN(64, -7n));
      assert.equal((await run({ section: "fentry/f", text: result, context: () => ({ args: [5] }) })).result, -95, "-EOPNOTSUPP");
    });

    test("the address of the function", async () => {
      const ip = 0xffff_ffff_8100_0000n;
      const { words } = await run({ section: "kprobe/f", text: "call bpf_get_func_ip\n *(u64 *)(r10 - 64) = r0", meta: { ip } });
      assert.equal(words[0], ip);
    });

    test("counters", async () => {
      const text = (size: number) => `r2 = r10\n r2 += -64\n r3 = ${size}\n call bpf_perf_prog_read_value`;
      const meta = { counter: { counter: 10, enabled: 20n, running: 15 } };
      const section = "perf_event/cpu-clock";
      assert.deepEqual((await run({ section, text: text(24), meta })).words.slice(0, 3), [10n, 20n, 15n]);
      assert.equal((await run({ section, text: text(16), meta })).result, -22);
      assert.equal((await run({ section, text: text(24) })).result, -22, "the event has none");
    });

    test("stacks by build id, where the process says what is mapped", async () => {
      const buildId = Uint8Array.from({ length: 20 }, (_, index) => index + 1);
      const room = { processes: [{ pid: 7, mappings: [{ start: 0x400000, end: 0x500000, offset: 0x1000, buildId }] }] };
      const text = `r2 = r10\n r2 += -64\n r3 = 64\n r4 = ${(1 << 8) | (1 << 11)}\n call bpf_get_stack`;
      const meta = { pid: 7, stack: { user: [0x401234, 0x700000] } };
      const { result, bytes, words } = await run({ section: "kprobe/f", text, room, meta });
      assert.equal(result, 64);
      const view = new DataView(bytes.buffer);
      assert.deepEqual([view.getInt32(0, true), words[3]], [1, 0x2234n]);
      assert.deepEqual(bytes.slice(4, 24), buildId);
      assert.deepEqual([view.getInt32(32, true), words[7]], [2, 0x700000n], "nothing is mapped there: the address alone");
    });

    test("the registers of the process", async () => {
      const text = `call bpf_get_current_task_btf\n r1 = r0\n call bpf_task_pt_regs\n r1 = *(u64 *)(r0 + 112)\n *(u64 *)(r10 - 64) = r1`;
      const meta = { registers: { di: "0x7ffd00000000" } };
      assert.equal((await run({ section: "raw_tp/x", text, meta })).words[0], 0x7ffd_0000_0000n);
      await assert.rejects(run({ section: "raw_tp/x", text }), /when the event brings them along \(registers\)/);
    });

    test("memory of another task", async () => {
      const text = `r4 = *(u64 *)(r1 + 0)\n r1 = r10\n r1 += -64\n r2 = 4\n r3 = 4096\n r5 = 0\n call bpf_copy_from_user_task`;
      const bytes = Uint8Array.of(1, 2, 3, 4);
      const room = { processes: [{ pid: 7, memory: [{ address: 4096, bytes }] }, { pid: 8 }] };
      const task = (tid: number) => (engine: EmbeddedEngine) => ({ args: [engine.kernel.taskOf(engine.processes.get(tid)!)] });
      const section = "fentry.s/f";
      assert.deepEqual((await run({ section, text, room, context: task(7) })).bytes.slice(0, 4), bytes);
      assert.equal((await run({ section, text, room, context: task(8) })).result, -14);
      await assert.rejects(
        run({ section, text, room, context: () => ({ args: [5] }) }),
        /argument 4 of bpf_copy_from_user_task: expected a task/,
      );
    });

    test("a program that may not sleep is refused what may", async () => {
      const text = "r1 = r10\n r1 += -64\n r2 = 4\n r3 = 4096\n call bpf_copy_from_user";
      const bytes = Uint8Array.of(1, 2, 3, 4);
      const room = { processes: [{ pid: 7, memory: [{ address: 4096, bytes }] }] };
      const meta = { pid: 7 };
      assert.deepEqual((await run({ section: "uprobe.s//bin/sh:f", text, room, meta })).bytes.slice(0, 4), bytes);
      await assert.rejects(run({ section: "uprobe//bin/sh:f", text, room, meta }), {
        name: "FeatureError",
        message: /bpf_copy_from_user may sleep, and a program in section uprobe\/\/bin\/sh:f may not/,
      });
    });

    test("the stack of a task: the current one's", async () => {
      const text = `r1 = *(u64 *)(r1 + 0)\n r2 = r10\n r2 += -64\n r3 = 16\n r4 = 256\n call bpf_get_task_stack`;
      const room = { processes: [{ pid: 7 }, { pid: 8 }] };
      const task = (tid: number) => (engine: EmbeddedEngine) => ({ args: [engine.kernel.taskOf(engine.processes.get(tid)!)] });
      const meta = { pid: 7, stack: { user: [5, 6] } };
      assert.deepEqual((await run({ section: "raw_tp/x", text, room, meta, context: task(7) })).words.slice(0, 2), [5n, 6n]);
      assert.equal((await run({ section: "raw_tp/x", text, room, meta, context: task(8) })).result, -95);
    });

    test("writing to the process: only where it presents memory", async () => {
      const text = `r1 = *(u64 *)(r1 + 0)\n *(u32 *)(r10 - 64) = 7\n r2 = r10\n r2 += -64\n r3 = 4\n call bpf_probe_write_user`;
      const memory = new Uint8Array(8);
      const room = { processes: [{ pid: 7, memory: [{ address: 4096, bytes: memory }] }] };
      const at = (address: number) => () => ({ args: [address] });
      const meta = { pid: 7 };
      assert.equal((await run({ section: "raw_tp/x", text, room, context: at(4100), meta })).result, 0);
      assert.deepEqual(memory, Uint8Array.of(0, 0, 0, 0, 7, 0, 0, 0));
      assert.equal((await run({ section: "raw_tp/x", text, room, context: at(4102), meta })).result, -14);
      assert.deepEqual(memory, Uint8Array.of(0, 0, 0, 0, 7, 0, 0, 0), "all or nothing");
      assert.equal(
        (await run({ section: "raw_tp/x", text, room, context: at(4100) })).result,
        -1,
        "-EPERM: the idle thread has no memory",
      );
    });

    test("names of addresses", async () => {
      const symbols = [
        { address: 0xffff_ffff_8100_0000n, name: "start", size: 0x10 },
        { address: 0xffff_ffff_8100_0010n, name: "next", size: 0x20, module: "ext4" },
      ];
      for (const [format, address, expected] of [
        ["%ps", 0xffff_ffff_8100_0008n, "start"],
        ["%pS", 0xffff_ffff_8100_0018n, "next+0x8/0x20 [ext4]"],
        ["%pS", 0xffff_ffff_8100_0010n, "next+0x0/0x20 [ext4]"],
        ["%pB", 0xffff_ffff_8100_0010n, "start+0x10/0x10"],
        ["%pS", 0xffff_ffff_8100_0040n, "0xffffffff81000040"],
      ] as const) {
        const [, , letter] = format;
        const bytes = ["%".charCodeAt(0), "p".charCodeAt(0), letter!.charCodeAt(0), 0];
        const text = `r9 = *(u64 *)(r1 + 0)\n *(u64 *)(r10 - 80) = r9\n${bytes.map((byte, index) => `*(u8 *)(r10 - ${88 - index}) = ${byte}`).join("\n")}
          r1 = r10\n r1 += -64\n r2 = 64\n r3 = r10\n r3 += -88\n r4 = r10\n r4 += -80\n r5 = 8\n call bpf_snprintf`;
        const { bytes: out, result } = await run({
          section: "raw_tp/x",
          text,
          room: { symbols },
          context: () => ({ args: [address] }),
        });
        assert.equal(new TextDecoder().decode(out).replace(/\0+$/, ""), expected, format);
        assert.equal(result, expected.length + 1);
      }
    });

    test("whether the process is of a control group, or of one below it", async () => {
      await using engine = openEmbedded({
        unsafe: true,
        execution,
        memory: 4 << 20,
        room: {
          processes: [
            { pid: 7, cgroup: "/web/api" },
            { pid: 8, cgroup: "/web" },
          ],
        },
      });
      const groups: MapSpec = { ...outMap(3, 4), name: "groups", type: "cgroup_array" };
      const text = (index: number) => `r1 = map groups\n r2 = ${index}\n call bpf_current_task_under_cgroup\n exit`;
      const programs = Object.fromEntries([0, 1, 2, 3].map((index) => [`at${index}`, ["raw_tp/x", text(index)] as const]));
      await using collection = await engine.load<{ groups: MapDeclaration<"cgroup_array", number, number> }>(
        eventSpec(programs, [groups]),
      );
      const map = collection.maps.groups;
      map.set(0, "/web");
      map.set(1, "/web/api");
      const ask = async (index: number, pid: number): Promise<number> => {
        const all: Readonly<Record<string, Program>> = collection.programs;
        await using _link = await all[`at${index}`]!.attach({});
        return engine.emit("raw_tp/x", {}, { pid }).result;
      };
      assert.deepEqual([await ask(0, 7), await ask(1, 7), await ask(0, 8), await ask(1, 8)], [1, 1, 1, 0]);
      assert.equal(await ask(2, 7), -11, "-EAGAIN: nothing there");
      assert.equal(await ask(3, 7), -7, "-E2BIG: beyond the end");
      assert.equal(map.delete(0), true);
      assert.equal(await ask(0, 7), -11);
      assert.throws(() => map.set(3, "/web"), { name: "MapError", code: "not-found" });
      assert.throws(() => map.set(0, "web"), { name: "MapError", code: "invalid" });
    });

    test("counters of a CPU, which the room presents", async () => {
      await using engine = openEmbedded({ unsafe: true, execution, memory: 4 << 20, cpus: 2, clock: virtualClock() });
      const cycles: MapSpec = { ...outMap(3, 4), name: "cycles", type: "perf_event_array" };
      const keep = "r2 = *(u64 *)(r1 + 0)\n r1 = map cycles";
      const value = `${CLEAR}\n ${keep}\n r3 = r10\n r3 += -64\n r4 = 24\n call bpf_perf_event_read_value\n ${SHOW}`;
      const spec = eventSpec(
        {
          plain: ["raw_tp/plain", `${keep}\n call bpf_perf_event_read\n *(u64 *)(r10 - 64) = r0\n ${SHOW}`],
          value: ["raw_tp/value", value],
        },
        [outMap(1, 64), cycles],
      );
      await using collection = await engine.load(spec);
      const { plain, value: timed } = collection.programs;
      await using _plain = await plain!.attach({});
      await using _timed = await timed!.attach({});
      const map = collection.maps["cycles"]!;
      const words = () => [...new BigUint64Array((collection.maps["out"]!.get(0) as Uint8Array).slice().buffer)];
      const ask = (event: string, flags: number | bigint, cpu = 0) => {
        const { result } = engine.emit(event, { args: [flags] }, { cpu });
        return { result, words: words() };
      };
      const [CURRENT, E2BIG, EINVAL, ENOENT] = [0xffff_ffff, -7, -22, -2];
      assert.throws(() => map.count("cpu-cycles"), /the room has no counter cpu-cycles; set it first \(it has none\)/);
      assert.equal(ask("raw_tp/plain", CURRENT).result, ENOENT, "nothing is there yet");
      assert.equal(ask("raw_tp/plain", CURRENT).words[0], BigInt.asUintN(64, -2n), "as 64 bits");
      engine.counters.set("cpu-cycles", 5_000_000_000n, 0);
      engine.counters.set("cpu-cycles", { counter: 30, enabled: 20, running: 10 }, 1);
      map.count("cpu-cycles");
      assert.equal(ask("raw_tp/plain", CURRENT).words[0], 5_000_000_000n);
      assert.equal(ask("raw_tp/plain", 0).words[0], 5_000_000_000n);
      assert.equal(ask("raw_tp/plain", CURRENT, 1).words[0], 30n);
      assert.deepEqual(ask("raw_tp/value", 1, 1).words.slice(0, 3), [30n, 20n, 10n]);
      engine.counters.set("cpu-cycles", 31, 1);
      assert.equal(ask("raw_tp/plain", CURRENT, 1).words[0], 31n, "it counts on");
      assert.equal(ask("raw_tp/value", 1, 0).result, EINVAL, "another CPU's");
      assert.equal(ask("raw_tp/value", 3, 0).result, E2BIG);
      assert.equal(ask("raw_tp/value", 2, 0).result, ENOENT);
      assert.equal(ask("raw_tp/value", 1n << 32n, 0).result, EINVAL, "flags that there are none of");
      assert.throws(() => engine.counters.set("cpu-cycles", 1, 2), RangeError);
      map.open();
      assert.throws(() => ask("raw_tp/plain", CURRENT), /entry 0 is a buffer; a counter is put in by count/);
    });

    test("values that belong to a control group", async () => {
      const processes = [
        { pid: 7, cgroup: "/web" },
        { pid: 8, cgroup: "/web" },
        { pid: 9, cgroup: "/db" },
      ];
      await using engine = openEmbedded({ unsafe: true, execution, memory: 4 << 20, room: { processes } });
      const text = `r1 = *(u64 *)(r1 + 0)\n r2 = r1\n r1 = map groups\n r3 = 0\n r4 = 1\n call bpf_cgrp_storage_get\n if r0 == 0 goto none
        r1 = *(u64 *)(r0 + 0)\n r1 += 1\n *(u64 *)(r0 + 0) = r1\n r0 = r1\n exit\n none: r0 = -1\n exit`;
      const forget = "r2 = *(u64 *)(r1 + 0)\n r1 = map groups\n call bpf_cgrp_storage_delete\n exit";
      const btf = new BtfBuilder();
      const [keyType, valueType] = [btf.int("int", 4, { signed: true }), btf.int("u64", 8)];
      const map = { ...outMap(0), name: "groups", type: "cgrp_storage" as const, flags: 1, keyType, valueType };
      const spec = eventSpec({ count: ["raw_tp/count", text], forget: ["raw_tp/forget", forget] }, [map]);
      await using collection = await engine.load({ ...spec, types: btf.encode() });
      for (const program of Object.values(collection.programs)) await program.attach({});
      const group = (pid: number) => engine.kernel.cgroupOf(engine.processes.get(pid)!.cgroup);
      const emit = (event: string, pid: number) => engine.emit(event, { args: [group(pid)] }).result;
      assert.deepEqual(
        [7, 8, 9, 7].map((pid) => emit("raw_tp/count", pid)),
        [1, 2, 1, 3],
      );
      assert.deepEqual([emit("raw_tp/forget", 7), emit("raw_tp/forget", 7)], [0, -2]);
      assert.deepEqual([emit("raw_tp/count", 8), emit("raw_tp/count", 9)], [1, 2]);
      assert.throws(() => engine.emit("raw_tp/count", { args: [12345] }), /expected an object that has a cgrp_storage/);
    });

    test("signals, to the process or to the thread alone, for the host to deliver", async () => {
      const room = { processes: [{ pid: 7, tid: 8 }, { pid: 1 }] };
      for (const [name, thread] of [
        ["bpf_send_signal", false],
        ["bpf_send_signal_thread", true],
      ] as const) {
        const send = (signal: number, pid: number) =>
          run({ section: "raw_tp/x", text: `r1 = ${signal}\n call ${name}`, room, meta: { pid } });
        const { result, engine } = await send(10, 8);
        assert.equal(result, 0);
        assert.deepEqual(engine.processes.get(8)!.signals, [{ signal: 10, thread }]);
        assert.equal((await send(65, 8)).result, -22, "-EINVAL: there are 64");
        assert.equal((await send(10, 1)).result, -1, "-EPERM: init takes none");
      }
    });

    test("values that belong to a task end with it", async () => {
      await using engine = openEmbedded({
        unsafe: true,
        execution,
        memory: 4 << 20,
        room: { processes: [{ pid: 7 }, { pid: 8 }] },
      });
      const text = `call bpf_get_current_task_btf\n r1 = map out\n r2 = r0\n r3 = 0\n r4 = 1\n call bpf_task_storage_get\n if r0 == 0 goto none
        r1 = *(u64 *)(r0 + 0)\n r1 += 1\n *(u64 *)(r0 + 0) = r1\n r0 = r1\n exit\n none: r0 = -1\n exit`;
      const btf = new BtfBuilder();
      const [keyType, valueType] = [btf.int("int", 4, { signed: true }), btf.int("u64", 8)];
      const map = { ...outMap(0), type: "task_storage" as const, flags: 1, keyType, valueType };
      const spec = { ...eventSpec({ main: ["raw_tp/x", text] }, [map]), types: btf.encode() };
      await using collection = await engine.load(spec);
      await using _link = await collection.programs["main"]!.attach({});
      const count = (pid: number) => engine.emit("raw_tp/x", {}, { pid }).result;
      assert.deepEqual([count(7), count(8), count(7), count(8), count(8)], [1, 1, 2, 2, 3]);
      engine.processes.remove(7);
      engine.processes.add({ pid: 7 });
      assert.deepEqual([count(7), count(8)], [1, 4]);

      const forget = "call bpf_get_current_task_btf\n r1 = map out\n r2 = r0\n call bpf_task_storage_delete\n exit";
      const other = { ...eventSpec({ forget: ["raw_tp/forget", forget] }, [map]), types: btf.encode() };
      await using more = await engine.load(other, { reuse: collection.maps });
      await using _more = await more.programs["forget"]!.attach({});
      const drop = (pid: number) => engine.emit("raw_tp/forget", {}, { pid }).result;
      assert.deepEqual([drop(8), drop(8)], [0, -2]);
      assert.deepEqual([count(7), count(8)], [2, 1]);
    });
  });
}

/** Helpers of programs on events, one by one: what they give, and what they refuse. Both executions. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BtfBuilder } from "../../../btf/builder.ts";
import type { ContextInput } from "../../engine.ts";
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
    });
  });
}

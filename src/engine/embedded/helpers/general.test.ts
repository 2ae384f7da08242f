/** Helpers that every program may call, and those on maps of special kinds, one by one. Both executions. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MapSpec } from "../../../object/spec.ts";
import type { PerfRecord } from "../../engine.ts";
import { virtualClock } from "../clock.ts";
import { type EmbeddedOptions, openEmbedded } from "../engine.ts";
import { eventSpec, outMap } from "../programs/fixtures/assembled.ts";

const PACKET = new Uint8Array(64);
const KEY = "*(u32 *)(r10 - 4) = 0\n r2 = r10\n r2 += -4";

for (const execution of ["interpreter", "jit"] as const) {
  describe(`helpers of every program, ${execution}`, () => {
    const open = (options: EmbeddedOptions = {}) => openEmbedded({ unsafe: true, execution, memory: 4 << 20, ...options });

    /** What an XDP program left in r0: 64 bits, by way of a map. */
    async function value(text: string, options: EmbeddedOptions = {}): Promise<bigint> {
      await using engine = open(options);
      const show = `*(u64 *)(r10 - 16) = r0\n ${KEY}\n r3 = r10\n r3 += -16\n r1 = map out\n r4 = 0\n call bpf_map_update_elem\n r0 = 2\n exit`;
      await using collection = await engine.load(eventSpec({ main: ["xdp", `${text}\n ${show}`] }, [outMap(1)]));
      collection.programs["main"]!.run({ packet: PACKET });
      return new DataView((collection.maps["out"]!.get(0) as Uint8Array).slice().buffer).getBigUint64(0, true);
    }

    test("time, in nanoseconds of the engine's clock; ticks as the room's configuration has them", async () => {
      const clock = () => virtualClock(5, 250_000_000);
      for (const name of ["bpf_ktime_get_ns", "bpf_ktime_get_boot_ns", "bpf_ktime_get_tai_ns", "bpf_ktime_get_coarse_ns"])
        assert.equal(await value(`call ${name}`, { clock: clock() }), 5_250_000_000n, name);
      assert.equal(await value("call bpf_jiffies64", { clock: clock() }), 5250n);
      assert.equal(await value("call bpf_jiffies64", { clock: clock(), room: { config: { CONFIG_HZ: 100 } } }), 525n);
    });

    test("the node of memory, of which there is one", async () => {
      assert.equal(await value("r0 = -1\n call bpf_get_numa_node_id"), 0n);
    });

    test("another CPU's value of an entry; there is none of a CPU that is not there", async () => {
      await using engine = open({ cpus: 2 });
      const text = `r3 = *(u32 *)(r1 + 0)\n ${KEY}\n r1 = map out\n call bpf_map_lookup_percpu_elem\n if r0 == 0 goto none
        r0 = *(u64 *)(r0 + 0)\n exit\n none: r0 = -1\n exit`;
      const spec = eventSpec({ main: ["raw_tp/x", text] }, [{ ...outMap(1), type: "percpu_array" }]);
      await using collection = await engine.load(spec);
      await using _link = await collection.programs["main"]!.attach({});
      const word = (number: number) => Uint8Array.of(number, 0, 0, 0, 0, 0, 0, 0);
      collection.maps["out"]!.set(0, [word(11), word(22)]);
      assert.deepEqual(
        [0, 1, 2].map((cpu) => engine.emit("raw_tp/x", { args: [cpu] }).result),
        [11, 22, -1],
      );
    });

    test("text with arguments in an array", async () => {
      const printed: string[] = [];
      await using engine = open({ onPrint: (text) => printed.push(text) });
      // "%d %x" and a NUL.
      const text = (
        size: number,
      ) => `*(u64 *)(r10 - 8) = ${0x7825_2064}\n r1 = 0\n *(u32 *)(r10 - 4) = r1\n *(u8 *)(r10 - 8) = 0x25
        *(u8 *)(r10 - 7) = 0x64\n *(u8 *)(r10 - 6) = 0x20\n *(u8 *)(r10 - 5) = 0x25\n *(u8 *)(r10 - 4) = 0x78
        *(u64 *)(r10 - 24) = -5\n *(u64 *)(r10 - 16) = 255
        r1 = r10\n r1 += -8\n r2 = 6\n r3 = r10\n r3 += -24\n r4 = ${size}\n call bpf_trace_vprintk\n exit`;
      await using collection = await engine.load(eventSpec({ both: ["raw_tp/a", text(16)], one: ["raw_tp/b", text(12)] }));
      for (const program of Object.values(collection.programs)) await program.attach({});
      assert.equal(engine.emit("raw_tp/a").result, 5);
      assert.equal(engine.emit("raw_tp/b").result, -22, "-EINVAL: an argument has eight bytes");
      assert.deepEqual(printed, ["-5 ff"]);
    });

    test("a record that was reserved and is not wanted", async () => {
      await using engine = open();
      const ring: MapSpec = { ...outMap(4096, 0), name: "ring", type: "ringbuf", keySize: 0 };
      const text = (end: string) => `r6 = r1\n r1 = map ring\n r2 = 8\n r3 = 0\n call bpf_ringbuf_reserve\n if r0 == 0 goto none
        r2 = *(u64 *)(r6 + 0)\n *(u64 *)(r0 + 0) = r2\n r1 = r0\n r2 = 0\n call ${end}\n none: r0 = 0\n exit`;
      const programs = {
        keep: ["raw_tp/keep", text("bpf_ringbuf_submit")],
        drop: ["raw_tp/drop", text("bpf_ringbuf_discard")],
      } as const;
      await using collection = await engine.load(eventSpec(programs, [ring]));
      for (const program of Object.values(collection.programs)) await program.attach({});
      for (const [event, number] of [
        ["drop", 1],
        ["keep", 2],
        ["drop", 3],
        ["keep", 4],
      ] as const)
        engine.emit(`raw_tp/${event}`, { args: [number] });
      const records: number[] = [];
      collection.maps["ring"]!.drain((record) => void records.push((record as Uint8Array)[0]!));
      assert.deepEqual(records, [2, 4]);
    });

    test("records for user space, of each CPU, once it has opened its buffers", async () => {
      await using engine = open({ cpus: 2 });
      const events: MapSpec = { ...outMap(3, 4), name: "events", type: "perf_event_array" };
      const text = (
        flags: string,
      ) => `r3 = ${flags}\n r2 = *(u64 *)(r1 + 0)\n *(u64 *)(r10 - 8) = r2\n r2 = map events\n r4 = r10\n r4 += -8
        r5 = 8\n call bpf_perf_event_output\n exit`;
      const programs = {
        current: ["raw_tp/current", text("4294967295 ll")],
        first: ["raw_tp/first", text("0")],
        empty: ["raw_tp/empty", text("2")],
        beyond: ["raw_tp/beyond", text("3")],
      } as const;
      await using collection = await engine.load(eventSpec(programs, [events]));
      for (const program of Object.values(collection.programs)) await program.attach({});
      const emit = (event: string, number: number, cpu = 0) => engine.emit(`raw_tp/${event}`, { args: [number] }, { cpu }).result;
      assert.equal(emit("current", 1), -2, "-ENOENT: nobody listens");
      const map = collection.maps["events"]!;
      map.open();
      assert.deepEqual([emit("current", 2), emit("current", 3, 1), emit("first", 4)], [0, 0, 0]);
      assert.equal(emit("first", 5, 1), -95, "-EOPNOTSUPP: another CPU's buffer");
      assert.equal(emit("empty", 6), -2);
      assert.equal(emit("beyond", 7), -7, "-E2BIG");
      const records: unknown[] = [];
      map.drain((record) => {
        const { cpu, data } = record as PerfRecord<Uint8Array>;
        records.push([cpu, data[0]]);
      });
      assert.deepEqual(records, [
        [0, 2],
        [0, 4],
        [1, 3],
      ]);
    });

    test("redirecting by a map; where nothing is, what the flags say happens", async () => {
      await using engine = open({ room: { devices: [{ name: "eth0", ifindex: 2 }] } });
      const ports: MapSpec = { ...outMap(2, 4), name: "ports", type: "devmap" };
      const text = (index: number, flags: number) =>
        `r1 = map ports\n r2 = ${index}\n r3 = ${flags}\n call bpf_redirect_map\n exit`;
      const programs = { there: ["xdp", text(0, 0)], missing: ["xdp", text(1, 0)], passes: ["xdp", text(1, 2)] } as const;
      await using collection = await engine.load(eventSpec(programs, [ports]));
      collection.maps["ports"]!.set(0, Uint8Array.of(2, 0, 0, 0));
      const verdicts = Object.values(collection.programs).map((program) => program.run({ packet: PACKET }).verdict);
      assert.deepEqual(verdicts, [4, 0, 2], "XDP_REDIRECT, XDP_ABORTED, XDP_PASS");
    });
  });
}

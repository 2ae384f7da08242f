import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PerfRecord } from "../../engine.ts";
import { FakePerfBuffer } from "../fixtures/fake-buffers.ts";
import { FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { shape } from "../fixtures/maps.ts";
import { ERRNO } from "../sys/system-error.ts";
import { LinuxPerfEventArray } from "./perf-buffer.ts";
import { RawMap } from "./raw-map.ts";

const SIZE = 4096;
const SPEC = shape({ name: "samples", type: "perf_event_array", maxEntries: 4 });

function stage({ online = "0-1", at = 0n } = {}) {
  const kernel = new FakeKernel();
  const machine = fakeMachine(kernel, fakeFacts({ "/sys/devices/system/cpu/online": online }));
  const buffers: FakePerfBuffer[] = [];
  kernel.mapping = (_fd, length) => {
    const buffer = new FakePerfBuffer(length - 4096, at);
    buffers.push(buffer);
    return buffer.memory;
  };
  const lost = [0n, 0n];
  kernel.onOther("read", ({ numbers: [fd = 0] }, memory) => {
    new BigUint64Array(memory.buffer)[1] = lost[(fd - 100) % 2] ?? 0n;
    return memory.length;
  });
  const descriptor = machine.ledger.adopt(50, "map samples");
  const map = new LinuxPerfEventArray(new RawMap(machine, SPEC, descriptor), null);
  const wake = (): void => {
    for (const { ready } of kernel.watched.values()) ready();
  };
  return { kernel, machine, map, buffers, lost, wake };
}

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
function drained(map: LinuxPerfEventArray): PerfRecord[] {
  const records: PerfRecord[] = [];
  map.drain((record) => void records.push(record));
  return records;
}
/** Bytes of a record, without what the kernel added. */
const shown = (records: readonly PerfRecord[]): unknown[] =>
  records.map(({ cpu, data }) => [cpu, (data as Uint8Array)[0], (data as Uint8Array).length]);

describe("perf buffers", () => {
  test("one for each CPU that runs, put in its place; nothing is read before they are open", () => {
    const { kernel, map, buffers } = stage({ online: "0,2-3,9" });
    assert.equal(
      map.drain(() => {}),
      0,
    );
    map.open({ bytes: 8192 });
    map.open();
    assert.deepEqual(
      kernel.others.filter(({ name }) => name === "perf_event_open").map(({ numbers }) => numbers[1]),
      [0, 2, 3],
    );
    assert.equal(kernel.callsOf("map_update_elem").length, 3);
    assert.deepEqual(
      buffers.map(({ size }) => size),
      [8192, 8192, 8192],
    );
  });

  test("samples of all CPUs, those in two parts in one piece; the kernel is told where we are", () => {
    const { map, buffers } = stage();
    map.open({ bytes: SIZE });
    const [first, second] = buffers;
    for (let round = 1; round < 40; round++) {
      first?.sample(bytes(100 + round * 8, round));
      second?.sample(bytes(3, round));
      const padded = Math.ceil((104 + round * 8) / 8) * 8 - 4;
      assert.deepEqual(new Set(shown(drained(map)).map(String)), new Set([`0,${round},${padded}`, `1,${round},4`]));
      assert.deepEqual(
        [first?.tail, second?.tail].map((tail) => tail !== 0n),
        [true, true],
      );
    }
  });

  for (const at of [2n ** 31n - 128n, 2n ** 32n - 128n, 2n ** 53n - 128n]) {
    test(`positions are exact around ${at}`, () => {
      const { map, buffers } = stage({ online: "0", at });
      map.open({ bytes: SIZE });
      for (let round = 0; round < 10; round++) {
        buffers[0]?.sample(bytes(44, round));
        const seen: number[] = [];
        map.lease((all, offset, length, cpu) => void seen.push(all[offset] ?? -1, length, cpu));
        assert.deepEqual(seen, [round, 44, 0]);
        assert.equal(buffers[0]?.tail, at + BigInt((round + 1) * 56));
      }
    });
  }

  test("a record that lies in two parts is leased in one, in memory of its own", () => {
    const { map, buffers } = stage({ online: "0", at: 4096n - 24n });
    map.open({ bytes: SIZE });
    buffers[0]?.sample(Uint8Array.from({ length: 60 }, (_, at) => at));
    map.lease((all, offset, length) => {
      assert.deepEqual(
        [...all.subarray(offset, offset + length)],
        Array.from({ length: 60 }, (_, at) => at),
      );
    });
  });

  test("what else the kernel says is passed over, and what makes no sense ends it", () => {
    const { map, buffers } = stage({ online: "0" });
    map.open({ bytes: SIZE });
    buffers[0]?.record(5, bytes(16, 1));
    buffers[0]?.sample(bytes(4, 8));
    assert.deepEqual(shown(drained(map)), [[0, 8, 4]]);
    buffers[0]?.sample(bytes(4, 8));
    const memory = buffers[0]?.memory ?? new ArrayBuffer(0);
    new DataView(memory).setUint16(4096 + Number(buffers[0]?.tail) + 6, 0, true);
    assert.deepEqual(drained(map), []);
    assert.equal(
      map.drain(() => {}),
      0,
    );
  });

  test("lost records are asked for, and known at once (6.0)", () => {
    const { kernel, map, lost } = stage();
    assert.equal(map.lost, 0);
    map.open();
    lost[0] = 3n;
    lost[1] = 2n ** 33n;
    assert.equal(map.lost, 3 + 2 ** 33);
    const attribute = kernel.others.find(({ name }) => name === "perf_event_open")?.memory ?? new Uint8Array(0);
    assert.equal(new DataView(attribute.buffer).getBigUint64(32, true), 16n, "PERF_FORMAT_LOST");
  });

  test("older kernels tell them in a record of their own", () => {
    const { kernel, map, buffers } = stage();
    kernel.onOther("perf_event_open", ({ memory }) => (memory[32] === 16 ? -ERRNO.EINVAL : 0));
    kernel.onOther("read", () => assert.fail("they do not know it"));
    map.open({ bytes: SIZE });
    buffers[0]?.lost(5n);
    buffers[1]?.lost(2n ** 32n + 1n);
    assert.equal(map.lost, 0);
    assert.deepEqual(drained(map), []);
    assert.equal(map.lost, 6 + 2 ** 32);
  });

  test("in order of time, across CPUs; what is not asked for stays where it is", async () => {
    const { kernel, map, buffers } = stage();
    map.open({ bytes: SIZE, order: "time" });
    const attribute = kernel.others.find(({ name }) => name === "perf_event_open")?.memory ?? new Uint8Array(0);
    const view = new DataView(attribute.buffer, attribute.byteOffset);
    assert.deepEqual(
      [view.getUint32(4, true), view.getBigUint64(24, true), view.getBigUint64(40, true), view.getInt32(92, true)],
      [96, 0x404n, 1n << 25n, 1],
      "PERF_SAMPLE_RAW and _TIME, by CLOCK_MONOTONIC",
    );
    const [first, second] = buffers;
    const late = 2n ** 32n;
    for (const [buffer, time, fill] of [
      [first, 10n, 1],
      [first, 30n, 3],
      [second, 20n, 2],
      [second, late, 5],
      [first, late - 1n, 4],
      [second, late + 5n, 6],
    ] as const)
      buffer?.sample(bytes(12, fill), time);
    second?.lost(3n);
    second?.sample(bytes(12, 7), late + 6n);
    const seen: number[] = [];
    const look = ({ data }: PerfRecord): boolean => seen.push((data as Uint8Array)[0] ?? -1) < 2;
    assert.equal(map.drain(look), 2);
    // Nothing of the others was given back.
    assert.deepEqual([first?.tail, second?.tail], [32n, 32n]);
    for await (const record of map.records()) if (!look(record)) break;
    assert.deepEqual(seen, [1, 2, 3]);
    map.lease((all, offset, length, cpu) => {
      seen.push(all[offset] ?? -1);
      assert.deepEqual([length, cpu], [12, (all[offset] ?? 0) === 4 ? 0 : 1]);
      return all[offset] !== 5;
    });
    const batch = await map.batches().next();
    seen.push(...(batch.value ?? []).map(({ data }: PerfRecord) => (data as Uint8Array)[0] ?? -1));
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7]);
    assert.equal(
      map.drain(() => {}),
      0,
    );
  });

  test("all of their descriptors are waited for; a wake-up that somebody else was told of is not missed", async () => {
    const { kernel, machine, map, buffers, wake } = stage();
    const records = map.records({ bytes: SIZE });
    const next = records.next();
    while (kernel.watched.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(kernel.others.filter(({ name }) => name === "epoll_ctl").length, 2);
    // The kernel says nothing of it to `epoll_wait`.
    kernel.onOther("epoll_wait", () => 0);
    buffers[1]?.sample(bytes(4, 6));
    wake();
    assert.deepEqual(shown([(await next).value ?? assert.fail()]), [[1, 6, 4]]);
    await records.return?.();
    map.close();
    assert.deepEqual([kernel.mapped, machine.ledger.report()], [0, ["50: map samples"]]);
  });

  test("one that cannot be opened: the others are closed again", () => {
    for (const [call, message] of [
      ["perf_event_open", /^samples: buffer of CPU 0: perf_event_open: EACCES/],
      ["ioctl", /^samples: buffer of CPU 0: ioctl\(PERF_EVENT_IOC_ENABLE\): EACCES/],
    ] as const) {
      const { kernel, machine, map } = stage();
      kernel.onOther(call, () => -ERRNO.EACCES);
      assert.throws(() => map.open(), { name: "MapError", message });
      assert.deepEqual([kernel.mapped, machine.ledger.report()], [0, ["50: map samples"]]);
    }
    const { kernel, machine, map } = stage();
    kernel.mapping = () => -ERRNO.EPERM;
    assert.throws(() => map.open(), { name: "MapError", message: /perf_event_mlock_kb/ });
    assert.deepEqual(machine.ledger.report(), ["50: map samples"]);
    for (const wrong of [0, 4095, 6000, 2 ** 31]) assert.throws(() => map.open({ bytes: wrong }), { code: "invalid" });
  });
});

/** What both engines must do alike with records that programs write: every way to read them, and every way to stop. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { compileSource } from "../../src/compiler/compile.ts";
import type { Collection, Engine, PerfEventArray, RingBuffer } from "../../src/engine/engine.ts";
import type { Spec } from "../../src/object/spec.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../src/packets/index.ts";
import { specOf } from "./specs.ts";

interface Item {
  readonly id: number;
  readonly size: bigint;
}

const SIZE = 16;

/** `writes` makes a record of the first byte of the packet; `writes_text` one that is not as long as the type. */
const WRITE = (map: string, call: string) => `
  r6 = r1
  r2 = *(u32 *)(r1 + 0)
  r3 = *(u32 *)(r1 + 4)
  r4 = r2
  r4 += 1
  r0 = 1
  if r4 > r3 goto done
  r5 = *(u8 *)(r2 + 0)
  *(u64 *)(r10 - 16) = r5
  r5 = 7
  *(u64 *)(r10 - 8) = r5
  r2 = r10
  r2 += -16
  ${call.replace("MAP", map)}
done:
  exit`;
const RING = "r1 = map MAP\nr3 = SIZE\nr4 = 0\ncall 130";
const PERF = "r1 = r6\nr4 = r2\nr5 = 16\nr2 = map MAP\nr3 = 0xffffffff ll\ncall 25";

function spec(): Spec {
  const item = { id: "u32", size: "u64" } as const;
  const declared = specOf(
    {
      ring: { type: "ringbuf", key: 0, value: item, maxEntries: 4096 },
      perf: { type: "perf_event_array", key: "u32", value: item, maxEntries: 256 },
    },
    {
      ring_item: WRITE("ring", RING.replace("SIZE", String(SIZE))),
      ring_text: WRITE("ring", RING.replace("SIZE", "3")),
      perf_item: WRITE("perf", PERF),
    },
  );
  // The kernel wants no size of a ring's records, and the descriptor's of a perf event array.
  const maps = declared.maps.map((map) => ({ ...map, valueSize: map.type === "ringbuf" ? 0 : 4 }));
  return { ...declared, maps };
}

/** Every way of the language to write into a ring. */
const WAYS = `import { bpf_ringbuf_discard_dynptr, bpf_ringbuf_output, bpf_ringbuf_reserve_dynptr, bpf_ringbuf_submit_dynptr, ringBuffer, u64, xdp, XDP_DROP, XDP_PASS, zeroed, type Dynptr } from "skep/bpf";
interface Item { first: u64; second: u64 }
export const ring = ringBuffer<Item>({ maxEntries: 4096 });
export const other = ringBuffer<Item>({ maxEntries: 4096 });
function room(): Item | null {
  return ring.reserve();
}
export const reserves = xdp(() => {
  const item = ring.reserve();
  if (item === null) return XDP_DROP;
  item.first = 1;
  item.second = 2;
  ring.submit(item);
  return XDP_PASS;
});
export const by_function = xdp(() => {
  const item = room();
  if (item === null) return XDP_DROP;
  item.first = 1;
  item.second = 2;
  ring.submit(item);
  return XDP_PASS;
});
export const gives_up = xdp(() => {
  const item = ring.reserve();
  if (item !== null) {
    item.first = 0;
    item.second = 0;
    ring.discard(item);
    return XDP_PASS;
  }
  return XDP_DROP;
});
export const outputs = xdp(() => (ring.output({ first: 1, second: 2 }) ? XDP_PASS : XDP_DROP));
export const ignores = xdp(() => {
  ring.output({ first: 1, second: 2 });
  return XDP_PASS;
});
export const by_helper = xdp(() => {
  const item: Item = { first: 1, second: 2 };
  return bpf_ringbuf_output(ring, item, 0) === 0 ? XDP_PASS : XDP_DROP;
});
export const by_dynptr = xdp(() => {
  const dynptr = zeroed<Dynptr>();
  if (bpf_ringbuf_reserve_dynptr(ring, 16, 0, dynptr) < 0) {
    bpf_ringbuf_discard_dynptr(dynptr);
    return XDP_DROP;
  }
  bpf_ringbuf_submit_dynptr(dynptr);
  return XDP_PASS;
});
`;

class Stage implements AsyncDisposable {
  readonly collection: Collection;
  readonly ring: RingBuffer<Item>;
  readonly perf: PerfEventArray<Item>;

  constructor(collection: Collection) {
    this.collection = collection;
    const { ring, perf }: Record<string, unknown> = collection.maps;
    this.ring = ring as RingBuffer<Item>;
    this.perf = perf as PerfEventArray<Item>;
  }

  /** Runs a program for each id: a byte. */
  write(program: "ring_item" | "ring_text" | "perf_item", ...ids: readonly number[]): void {
    for (const id of ids) {
      const frame = packet(ethernet(), ipv4(), udp(), padding());
      frame[0] = id;
      assert.equal(this.collection.programs[program]?.run({ packet: frame }).verdict, 0);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.collection[Symbol.asyncDispose]();
  }
}

/** A turn of the event loop, so that somebody waits. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
const ids = (items: readonly Item[]): number[] => items.map(({ id }) => id);

export function records(engine: () => Engine): void {
  const open = async () => new Stage(await engine().load(spec()));

  test("records are drained decoded, oldest first; what is left when the callback says false stays", async () => {
    await using stage = await open();
    stage.write("ring_item", 1, 2, 3);
    const seen: Item[] = [];
    assert.equal(
      stage.ring.drain((item) => seen.push(item) < 2),
      2,
    );
    assert.deepEqual(seen, [
      { id: 1, size: 7n },
      { id: 2, size: 7n },
    ]);
    assert.equal(stage.ring.available, SIZE + 8);
    assert.equal(
      stage.ring.drain((item) => void seen.push(item)),
      1,
    );
    assert.deepEqual([ids(seen), stage.ring.available], [[1, 2, 3], 0]);
  });

  test("a record that is not as long as the type is bytes, a copy", async () => {
    await using stage = await open();
    stage.write("ring_text", 5, 6);
    const seen: unknown[] = [];
    stage.ring.drain((bytes) => void seen.push(bytes));
    assert.deepEqual(seen, [Uint8Array.of(5, 0, 0), Uint8Array.of(6, 0, 0)]);
  });

  test("a callback may drain on, and sees what comes next", async () => {
    await using stage = await open();
    stage.write("ring_item", 1, 2, 3);
    const seen: number[] = [];
    stage.ring.drain(({ id }) => {
      seen.push(id);
      if (id !== 1) return;
      stage.ring.drain((inner) => {
        seen.push(inner.id * 10);
        return false;
      });
    });
    assert.deepEqual(seen, [1, 20, 3]);
  });

  test("one object for all records, when it is asked for", async () => {
    await using stage = await open();
    stage.write("ring_item", 1, 2);
    const seen: Item[] = [];
    const at: number[] = [];
    stage.ring.drain((item) => void [seen.push(item), at.push(item.id)], { reuse: true });
    assert.deepEqual([at, seen[0] === seen[1]], [[1, 2], true]);
  });

  test("leased records are shown where they lie; reading meanwhile is refused", async () => {
    await using stage = await open();
    stage.write("ring_item", 1, 2, 3);
    const seen: number[] = [];
    const count = stage.ring.lease((bytes, offset, length) => {
      assert.equal(length, SIZE);
      assert.equal(offset % 4, 0);
      seen.push(new DataView(bytes.buffer, bytes.byteOffset + offset, length).getUint32(0, true));
      assert.throws(() => stage.ring.drain(() => {}), { name: "MapError", code: "invalid", message: /is leased/ });
      assert.throws(() => stage.ring.lease(() => {}), { code: "invalid" });
      return seen.length < 2;
    });
    assert.deepEqual([count, seen, stage.ring.available], [2, [1, 2], SIZE + 8]);
  });

  test("who throws has had the record; the rest stays", async () => {
    await using stage = await open();
    stage.write("ring_item", 1, 2, 3, 4);
    const fail = (): never => {
      throw new RangeError("enough");
    };
    assert.throws(() => stage.ring.drain(fail), { message: "enough" });
    assert.throws(() => stage.ring.lease(fail), { message: "enough" });
    await assert.rejects(stage.ring.consume(fail), { message: "enough" });
    await assert.rejects(stage.ring.consumeLeased(fail), { message: "enough" });
    assert.equal(stage.ring.available, 0);
  });

  test("a loop over records takes out what it asks for, and nothing more", async () => {
    await using stage = await open();
    stage.write("ring_item", 1, 2, 3);
    for await (const { id } of stage.ring.records()) if (id === 2) break;
    assert.equal(stage.ring.available, SIZE + 8);
    const again = stage.ring.records();
    assert.equal((await again.next()).value?.id, 3);
    await again.return?.();
    assert.deepEqual(await again.next(), { value: undefined, done: true });
  });

  test("questions that are asked ahead are answered in their order", async () => {
    await using stage = await open();
    const iterator = stage.ring.records();
    const answers = [iterator.next(), iterator.next(), iterator.next()];
    await turn();
    stage.write("ring_item", 1, 2);
    await turn();
    stage.write("ring_item", 3, 4);
    assert.deepEqual(
      (await Promise.all(answers)).map(({ value }) => value?.id),
      [1, 2, 3],
    );
    assert.equal((await iterator.next()).value?.id, 4);
    await iterator.return?.();
  });

  test("batches have what is there", async () => {
    await using stage = await open();
    stage.write("ring_item", 1, 2, 3);
    const batches = stage.ring.batches();
    assert.deepEqual(ids((await batches.next()).value ?? []), [1, 2, 3]);
    const next = batches.next();
    await turn();
    stage.write("ring_item", 4);
    assert.deepEqual(ids((await next).value ?? []), [4]);
    await batches.return?.();
  });

  test("consume waits, and ends when the callback says false", async () => {
    await using stage = await open();
    stage.write("ring_item", 1);
    const seen: number[] = [];
    const done = stage.ring.consume(({ id }) => seen.push(id) < 3);
    await turn();
    stage.write("ring_item", 2, 3, 4);
    assert.deepEqual([await done, seen, stage.ring.available], [3, [1, 2, 3], SIZE + 8]);
  });

  test("consumeLeased waits, and ends when its signal says so", async () => {
    await using stage = await open();
    const stop = new AbortController();
    const seen: number[] = [];
    const done = stage.ring.consumeLeased((bytes, offset) => void seen.push(bytes[offset] ?? -1), { signal: stop.signal });
    await turn();
    stage.write("ring_item", 8, 9);
    while (seen.length < 2) await turn();
    stop.abort();
    assert.deepEqual([await done, seen], [2, [8, 9]]);
    assert.equal(await stage.ring.consume(() => assert.fail("it was over"), { signal: stop.signal }), 0);
  });

  test("a throw by whoever iterates ends it", async () => {
    await using stage = await open();
    const iterator = stage.ring.records();
    await assert.rejects(iterator.throw?.(new RangeError("mine")) ?? Promise.resolve(), { message: "mine" });
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  });

  test("everybody who waits ends when the collection is disposed", async () => {
    const stage = await open();
    const signal = new AbortController();
    const waiting = [
      stage.ring.records().next(),
      stage.ring.batches({ signal: signal.signal }).next(),
      stage.ring.consume(() => {}),
      stage.ring.consumeLeased(() => {}),
      stage.perf.records().next(),
    ];
    await turn();
    await stage[Symbol.asyncDispose]();
    const over = { value: undefined, done: true };
    assert.deepEqual(await Promise.all(waiting), [over, over, 0, 0, over]);
    for (const read of [
      () => stage.ring.drain(() => {}),
      () => stage.ring.lease(() => {}),
      () => stage.ring.records(),
      () => stage.ring.available,
    ])
      assert.throws(read, { name: "MapError", code: "closed" });
    await assert.rejects(
      stage.ring.consume(() => {}),
      { code: "closed" },
    );
  });

  test("two who wait for the same buffer share what comes, and one may go", async () => {
    await using stage = await open();
    const stop = new AbortController();
    const first = stage.ring.records({ signal: stop.signal });
    const second = stage.ring.records();
    const answers = [first.next(), second.next()];
    await turn();
    stop.abort();
    assert.equal((await answers[0])?.done, true);
    stage.write("ring_item", 6);
    assert.equal((await answers[1])?.value?.id, 6);
    await second.return?.();
  });

  test("what found no room in a ring is counted, however a program of the language writes", async () => {
    await using collection = await engine().load(compileSource(WAYS, { file: "ways.bpf.ts" }));
    const { ring, other }: Record<string, unknown> = collection.maps;
    const buffer = ring as RingBuffer;
    let lost = 0;
    let kept = 0;
    for (const [name, program] of Object.entries(collection.programs)) {
      const before = buffer.lost;
      buffer.drain(() => {});
      for (let round = 0; round < 200; round++) {
        const { verdict } = program.run({ packet: packet(ethernet(), ipv4(), udp(), padding()) });
        if (verdict === 1) lost++;
        else if (name !== "ignores" && name !== "gives_up") kept++;
      }
      const seen = buffer.drain(() => {});
      // What it does not say itself.
      if (name === "ignores") lost += 200 - seen;
      else kept -= seen;
      assert.ok(buffer.lost > before, name);
      assert.equal(buffer.lost, lost, name);
      assert.equal(kept, 0, name);
    }
    assert.equal((other as RingBuffer).lost, engine().kind === "linux" ? Number.NaN : 0, "no program writes it");
    assert.deepEqual(Object.keys(collection.variables), []);
  });

  test("perf buffers say which CPU it was, in every form", async () => {
    await using stage = await open();
    assert.equal(
      stage.perf.drain(() => {}),
      0,
    );
    stage.perf.open({ bytes: 4096 });
    stage.write("perf_item", 1, 2, 3, 4, 5);
    const seen: number[] = [];
    const look = ({ cpu, data }: { cpu: number; data: Item }): void => {
      assert.ok(Number.isInteger(cpu) && cpu < engine().cpus);
      assert.equal(data.size, 7n);
      seen.push(data.id);
    };
    stage.perf.drain((record) => {
      look(record);
      return false;
    });
    stage.perf.lease((bytes, offset, length, cpu) => {
      assert.ok(length >= SIZE && length < SIZE + 8);
      look({ cpu, data: { id: bytes[offset] ?? -1, size: 7n } });
      return false;
    });
    for await (const record of stage.perf.records()) {
      look(record);
      break;
    }
    stage.perf.drain((record) => void [look(record)], { reuse: true });
    // The CPU may have changed between two of them, and then their order has.
    assert.deepEqual(seen.sort(), [1, 2, 3, 4, 5]);
    assert.equal(stage.perf.lost, 0);
    const next = stage.perf.batches().next();
    await turn();
    stage.write("perf_item", 6);
    for (const record of (await next).value ?? []) look(record);
    assert.equal(seen.at(-1), 6);
  });

  test("perf buffers in order of time, where the engine knows it", async () => {
    await using stage = await open();
    if (engine().kind === "embedded") {
      assert.throws(() => stage.perf.open({ order: "time" }), { name: "MapError", code: "unsupported" });
      return;
    }
    stage.perf.open({ order: "time" });
    stage.write("perf_item", 1, 2, 3, 4, 5);
    const seen: number[] = [];
    // Also when the CPU changed between two of them.
    stage.perf.drain(({ data }) => void seen.push(data.id));
    assert.deepEqual(seen, [1, 2, 3, 4, 5]);
  });

  test("what finds no room in a perf buffer is counted at once", async () => {
    await using stage = await open();
    stage.perf.open({ bytes: 4096 });
    const program = stage.collection.programs["perf_item"];
    for (let round = 0; round < 1000; round++) program?.run({ packet: packet(ethernet(), ipv4(), udp(), padding()) });
    const { lost } = stage.perf;
    const kept = stage.perf.drain(() => {});
    assert.equal(kept + lost, 1000);
    assert.ok(lost > 0);
  });
}

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeRing } from "../fixtures/fake-buffers.ts";
import { FakeKernel, fakeMachine } from "../fixtures/fake-kernel.ts";
import { shape } from "../fixtures/maps.ts";
import { ERRNO } from "../sys/system-error.ts";
import { RawMap } from "./raw-map.ts";
import { LinuxRingBuffer } from "./ring-buffer.ts";
import { LinuxUserRingBuffer } from "./user-ring-buffer.ts";

const SIZE = 4096;
const spec = (type: "ringbuf" | "user_ringbuf") => shape({ name: "events", type, keySize: 0, valueSize: 0, maxEntries: SIZE });

function stage(at = 0n) {
  const kernel = new FakeKernel();
  const machine = fakeMachine(kernel);
  const memory = new FakeRing(SIZE, at);
  kernel.mapping = memory.mapping;
  const descriptor = machine.ledger.adopt(50, "map events");
  const raw = new RawMap(machine, spec("ringbuf"), descriptor);
  const ring = new LinuxRingBuffer(raw, null);
  const wake = (): void => {
    for (const { ready } of kernel.watched.values()) ready();
  };
  const close = (): void => {
    ring.close();
    descriptor.close();
  };
  return { kernel, machine, memory, ring, wake, close };
}

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
const drained = (ring: LinuxRingBuffer): Uint8Array[] => {
  const records: Uint8Array[] = [];
  ring.drain((record) => void records.push(record as Uint8Array));
  return records;
};

describe("ring buffers", () => {
  test("where we are is mapped to be written, the rest to be read", () => {
    const { kernel, ring } = stage();
    assert.equal(ring.available, 0);
    assert.deepEqual(
      kernel.others.filter(({ name }) => name === "map").map(({ numbers }) => numbers),
      [
        [50, 4096, 0, 1],
        [50, 4096 + 2 * SIZE, 4096, 0],
      ],
    );
  });

  test("the second mapping fails: the first is given back", () => {
    const { kernel, ring, memory } = stage();
    kernel.mapping = (fd, length, offset) => (offset === 0 ? memory.mapping(fd, length, offset) : -ERRNO.ENOMEM);
    assert.throws(() => ring.drain(() => {}), { name: "MapError", code: "memory" });
    assert.equal(kernel.mapped, 0);
  });

  test("records of any length; those that are discarded are passed over", () => {
    const { memory, ring } = stage();
    for (const [length, state] of [
      [1, "submitted"],
      [0, "submitted"],
      [100, "discarded"],
      [64, "submitted"],
      [8, "discarded"],
    ] as const)
      memory.write(bytes(length, length), state);
    assert.deepEqual(drained(ring), [bytes(1, 1), bytes(0, 0), bytes(64, 64)]);
    assert.equal(memory.consumed, memory.produced);
  });

  test("one that is still written holds back those behind it, and nobody looks all the time", async () => {
    const { kernel, memory, ring, wake } = stage();
    memory.write(bytes(8, 1));
    const busy = memory.write(bytes(8, 2), "busy");
    memory.write(bytes(8, 3));
    assert.deepEqual(drained(ring), [bytes(8, 1)]);
    const records = ring.records();
    const next = records.next();
    while (kernel.watched.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    wake();
    await new Promise((resolve) => setTimeout(resolve, 2));
    assert.equal(kernel.others.filter(({ name }) => name === "epoll_wait").length, 1);
    memory.commit(busy);
    wake();
    assert.deepEqual([(await next).value, (await records.next()).value], [bytes(8, 2), bytes(8, 3)]);
    await records.return?.();
  });

  for (const [what, at] of [
    ["the lower half comes round", 2n ** 32n - 4096n - 64n],
    ["signed numbers come round", 2n ** 31n - 64n],
    ["numbers of JavaScript end", 2n ** 53n - 64n],
    ["both halves", 2n ** 53n + 2n ** 32n - 4096n - 64n],
  ] as const) {
    test(`positions are exact where ${what}`, () => {
      const { memory, ring } = stage(at);
      for (let round = 0; round < 200; round++) {
        const length = 1 + ((round * 37) % 900);
        memory.write(bytes(length, round & 0xff));
        memory.write(bytes(9, 255));
        assert.ok(ring.available > length);
        const seen: number[] = [];
        if (round % 2 === 0) assert.deepEqual(drained(ring), [bytes(length, round & 0xff), bytes(9, 255)]);
        else ring.lease((all, offset, size) => void seen.push(size, all[offset] ?? -1, all[offset + size - 1] ?? -1));
        if (round % 2 === 1) assert.deepEqual(seen, [length, round & 0xff, round & 0xff, 9, 255, 255]);
        assert.equal(memory.consumed, memory.produced);
        assert.equal(ring.available, 0);
      }
    });
  }

  test("room is given back while many are read, before all were", () => {
    const { memory, ring } = stage();
    for (let count = 0; count < 50; count++) memory.write(bytes(64, count));
    let most = 0n;
    ring.lease(() => {
      const held = memory.produced - memory.consumed;
      if (held < 25n * 72n) most = held > most ? held : most;
    });
    assert.ok(most > 0n, "half of it was given back, and some was not yet read");
  });

  test("who is slower than the programs comes to an end", () => {
    const { memory, ring } = stage();
    memory.write(bytes(56, 1));
    let count = 0;
    ring.drain(() => {
      count++;
      memory.write(bytes(56, 1));
    });
    assert.equal(count, SIZE / 64);
  });

  test("closed by a callback: it is the last", () => {
    for (const read of ["drain", "lease"] as const) {
      const { kernel, memory, ring, close } = stage();
      memory.write(bytes(8, 1));
      memory.write(bytes(8, 2));
      assert.equal(
        ring[read](() => close()),
        1,
      );
      assert.equal(kernel.mapped, 0);
      assert.throws(() => ring.drain(() => {}), { code: "closed" });
    }
  });

  test("waiting: descriptors are given back whoever ends it, and however", async () => {
    const { kernel, machine, memory, ring, wake } = stage();
    const before = machine.ledger.report();
    const stop = new AbortController();
    const ends: (() => unknown)[] = [];
    const loop = (async () => {
      for await (const record of ring.records()) if ((record as Uint8Array)[0] === 1) break;
    })();
    const signalled = ring.consume(() => {}, { signal: stop.signal });
    ends.push(() => stop.abort());
    while (machine.ledger.report().length === before.length) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const end of ends) end();
    await signalled;
    memory.write(bytes(8, 1));
    wake();
    await loop;
    assert.deepEqual([machine.ledger.report(), kernel.watched.size], [before, 0]);
    // One that is told to end while nobody asks it for anything.
    const late = new AbortController();
    const asked = ring.records({ signal: late.signal });
    const answer = asked.next();
    while (kernel.watched.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    memory.write(bytes(8, 2));
    wake();
    await answer;
    late.abort();
    assert.deepEqual([machine.ledger.report(), kernel.watched.size], [before, 0]);
    assert.equal((await asked.next()).done, true);
    // An iteration that was given up while it began to wait.
    const records = ring.records();
    const next = records.next();
    await records.return?.();
    assert.equal((await next).done, true);
    assert.deepEqual([machine.ledger.report(), kernel.watched.size], [before, 0]);
  });

  test("it cannot be waited for: the iteration fails, and is over", async () => {
    const { kernel, ring } = stage();
    kernel.onOther("epoll_create1", () => -ERRNO.ENOMEM);
    const records = ring.records();
    await assert.rejects(records.next(), { name: "MapError", message: /cannot be waited for: epoll_create1/ });
    assert.equal((await records.next()).done, true);
    await assert.rejects(
      ring.consume(() => {}),
      { name: "MapError" },
    );
  });

  test("many records without a pause: others of the event loop have their turn", async () => {
    const { memory, ring } = stage();
    let turns = 0;
    let over = false;
    const others = (async () => {
      for (; !over; turns++) await new Promise((resolve) => setImmediate(resolve));
    })();
    let count = 0;
    memory.write(bytes(56, 1));
    for await (const _ of ring.records()) {
      memory.write(bytes(56, 1));
      if (++count === 10_000) break;
    }
    over = true;
    await others;
    assert.ok(turns >= 4, `${turns} turns`);
  });
});

function userStage() {
  const kernel = new FakeKernel();
  const machine = fakeMachine(kernel);
  const memory = new FakeRing(SIZE, 2n ** 32n - 64n);
  kernel.mapping = memory.mapping;
  const descriptor = machine.ledger.adopt(50, "map events");
  const ring = new LinuxUserRingBuffer(new RawMap(machine, spec("user_ringbuf"), descriptor), null);
  const wake = (): void => {
    for (const { ready } of kernel.watched.values()) ready();
  };
  return { kernel, machine, memory, ring, descriptor, wake };
}

describe("ring buffers that programs read", () => {
  test("a record, then its header, then the position: also where it comes round", () => {
    const { memory, ring, kernel } = userStage();
    const start = memory.produced;
    ring.submit(bytes(61, 7));
    ring.submit(bytes(8, 9));
    assert.equal(memory.produced - start, 72n + 16n);
    assert.deepEqual(memory.bytesAt(start, 8), Uint8Array.of(61, 0, 0, 0, 0, 0, 0, 0));
    assert.deepEqual(memory.bytesAt(start + 72n, 16), Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0, ...bytes(8, 9)));
    assert.equal(ring.available, 88);
    assert.deepEqual(
      kernel.others.filter(({ name }) => name === "map").map(({ numbers }) => numbers[3]),
      [0, 1],
    );
  });

  test("full is an error, too long another, and neither writes anything", async () => {
    const { memory, ring } = userStage();
    for (let count = 0; count < 64; count++) ring.submit(bytes(56, count));
    const at = memory.produced;
    assert.throws(() => ring.submit(bytes(1, 1)), { name: "MapError", code: "full", message: /4096 in all, 4096 not yet read/ });
    await assert.rejects(ring.send(bytes(SIZE, 1)), { code: "full" });
    assert.throws(() => ring.submit({ id: 1 }), { code: "invalid", message: /no type/ });
    assert.equal(memory.produced, at);
  });

  test("send waits for room, in order; its signal and closing end it", async () => {
    const { kernel, machine, memory, ring, descriptor, wake } = userStage();
    await ring.send(bytes(SIZE - 8, 1));
    const stop = new AbortController();
    const given = ring.send(bytes(8, 2), { signal: stop.signal });
    const large = ring.send(bytes(1000, 3));
    const small = ring.send(bytes(8, 4));
    const order: number[] = [];
    void large.then(() => order.push(3));
    void small.then(() => order.push(4));
    while (kernel.watched.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort(new RangeError("given up"));
    await assert.rejects(given, { message: "given up" });
    // A program read everything.
    memory.consumed = memory.produced;
    wake();
    await Promise.all([large, small]);
    assert.deepEqual(order, [3, 4]);
    assert.deepEqual([kernel.watched.size, machine.ledger.report()], [0, ["50: map events"]]);
    await assert.rejects(ring.send(bytes(8, 2), { signal: stop.signal }), { message: "given up" });
    ring.submit(bytes(SIZE - 1008 - 8 - 16 - 8, 0));
    const late = ring.send(bytes(8, 5));
    while (kernel.watched.size === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    ring.close();
    descriptor.close();
    await assert.rejects(late, { code: "closed" });
    assert.deepEqual([kernel.watched.size, kernel.mapped], [0, 0]);
  });
});

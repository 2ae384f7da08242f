import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { describe, test } from "node:test";
import type { AnyMap } from "../engine/engine.ts";
import { buffersOf, PrintedRecords } from "./printed-records.ts";

/** A buffer whose batches a test gives. */
class Buffer {
  readonly name: string;
  readonly spec: { readonly type: string };
  lost = 0;
  opened = false;
  rest: unknown[] = [];
  asked = 0;
  readonly #batches: unknown[][];

  constructor(name: string, type: "ringbuf" | "perf_event_array" | "hash", ...batches: unknown[][]) {
    this.name = name;
    this.spec = { type };
    this.#batches = batches;
  }

  open(): void {
    this.opened = true;
  }

  async *batches({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<unknown[]> {
    for (const batch of this.#batches) {
      if (signal.aborted) return;
      this.asked++;
      yield batch;
    }
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }

  drain(each: (record: unknown) => void): void {
    for (const record of this.rest.splice(0)) each(record);
  }
}

class Paper extends Writable {
  text = "";
  /** What the next chunks wait for. */
  held: Promise<void> = Promise.resolve();

  override async _write(chunk: unknown, _encoding: string, done: () => void): Promise<void> {
    await this.held;
    this.text += String(chunk);
    done();
  }
}

const maps = (...buffers: readonly Buffer[]) =>
  buffersOf({ maps: Object.fromEntries(buffers.map((buffer) => [buffer.name, buffer as unknown as AnyMap])) });
const turn = () => new Promise((resolve) => setTimeout(resolve, 2));

describe("records that skep run prints", () => {
  test("a line each, of all buffers, and what came last when it ends", async () => {
    const events = new Buffer("events", "ringbuf", [{ pid: 1 }, { pid: 2n }], [Uint8Array.of(1, 255)]);
    const samples = new Buffer("samples", "perf_event_array", [{ cpu: 1, data: "x" }]);
    const [output, messages] = [new Paper(), new Paper()];
    const records = new PrintedRecords(maps(events, samples, new Buffer("counts", "hash")), false, output, messages);
    assert.deepEqual([events.opened, samples.opened], [false, true]);
    await turn();
    events.rest = [{ pid: 3 }];
    await records.end();
    await turn();
    const lines = output.text.trimEnd().split("\n");
    assert.deepEqual(
      lines.filter((line) => line.startsWith("events")),
      ['events: {"pid":1}', 'events: {"pid":2}', 'events: "01ff"', 'events: {"pid":3}'],
    );
    assert.ok(lines.includes('samples: {"cpu":1,"data":"x"}'));
    assert.deepEqual([lines.length, messages.text], [5, ""]);
  });

  test("as JSON", async () => {
    const output = new Paper();
    const records = new PrintedRecords(
      maps(new Buffer("events", "ringbuf", [{ size: 2n ** 60n }, 5])),
      true,
      output,
      new Paper(),
    );
    await turn();
    await records.end();
    await turn();
    assert.equal(output.text, `{"map":"events","record":{"size":"${2n ** 60n}"}}\n{"map":"events","record":5}\n`);
  });

  test("what found no room is told, once; where nobody knows, nothing is", async () => {
    const events = new Buffer("events", "ringbuf");
    const others = new Buffer("others", "ringbuf");
    others.lost = Number.NaN;
    const before = new Buffer("before", "ringbuf");
    before.lost = 7;
    const messages = new Paper();
    const records = new PrintedRecords(maps(events, others, before), false, new Paper(), messages);
    events.lost = 1234;
    await records.end();
    await turn();
    assert.equal(messages.text, "skep: events: 1,234 records found no room\n");
  });

  test("nobody reads what is printed: nothing more is taken out of the buffer, and it can end", async () => {
    const many = Array.from({ length: 2000 }, (_, pid) => ({ pid, text: "x".repeat(20) }));
    const events = new Buffer("events", "ringbuf", many, many, many);
    const output = new Paper();
    const { promise, resolve } = Promise.withResolvers<void>();
    output.held = promise;
    const records = new PrintedRecords(maps(events), false, output, new Paper());
    for (let turns = 0; turns < 5; turns++) await turn();
    assert.equal(events.asked, 1);
    await records.end();
    resolve();
    await turn();
    assert.equal(output.text.split("\n").length, 2001);
  });
});

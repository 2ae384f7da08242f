/**
 * Waiting for records without blocking: Node's event loop says when there is something to read, and calls nobody while there is not. What
 * is there is taken out in one go; a consumer that is slower than the programs finds the next records when it comes back.
 */

import type { RecordOptions } from "../../engine.ts";
import { LinuxHandle } from "./handle.ts";

/** Records that are held back at most, decoded and not yet asked for. */
const BATCH = 64;

export abstract class LinuxRecords<Item> extends LinuxHandle {
  readonly #stops = new Set<() => void>();
  readonly #watches = new Set<Disposable>();

  /** Waiting ends before descriptors are closed: their numbers may be other files' at once. */
  override close(): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    for (const stop of this.#stops) stop();
    this.#stops.clear();
  }

  /** Takes out what is there, oldest first, without waiting; stops after a callback that gives false. */
  abstract drain(each: (record: Item) => boolean | void): number;
  /** Whether `drain` would find something, or a part of something. */
  protected abstract hasRecords(): boolean;
  /** What becomes readable when there are records. */
  protected abstract descriptors(): readonly number[];

  protected async *wait({ signal }: RecordOptions): AsyncGenerator<Item, undefined, undefined> {
    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    this.#stops.add(stop);
    signal?.addEventListener("abort", stop);
    const isOver = (): boolean => signal?.aborted === true || this.fd < 0;
    try {
      while (!isOver()) {
        const batch: Item[] = [];
        this.drain((record) => batch.push(record) < BATCH);
        // What was taken out is yielded even when it is over meanwhile.
        yield* batch;
        if (batch.length === 0 && !isOver()) await this.#readable(stopped);
      }
    } finally {
      this.#stops.delete(stop);
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * A perf event says that it is readable once for each record, to whoever asks first (`perf_poll` of kernel/events/core.c), and epoll
   * asks when a descriptor is added to it. What came before that would wait for the next record; so the buffers are looked at again
   * when the event loop has gone around, which is when the descriptors have been added.
   */
  async #readable(stopped: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const watches = this.descriptors().map((fd) => this.raw.kernel.transport.watch(fd, resolve));
    for (const watch of watches) this.#watches.add(watch);
    setImmediate(() => setImmediate(() => this.fd >= 0 && this.hasRecords() && resolve()));
    try {
      await Promise.race([promise, stopped]);
    } finally {
      for (const watch of watches) {
        watch[Symbol.dispose]();
        this.#watches.delete(watch);
      }
    }
  }
}

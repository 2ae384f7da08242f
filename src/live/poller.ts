/**
 * Waits for packets on all live devices of this process with one blocked thread; nothing runs while nothing comes. As long as there
 * is a device the process stays alive.
 */

import { openPacketIo, type PacketIo } from "../engine/linux/sys/packet-io.ts";

/** Something to wait for. */
export interface Source {
  readonly fd: number;
  /** Takes packets until there is none, or until `deadline` (milliseconds of `performance.now`). @returns whether there may be more. */
  pump(deadline: number): boolean;
}

/** How long packets may keep other work (a signal, a timer) waiting, in milliseconds. */
const PATIENCE = 10;

export class Poller {
  readonly io: PacketIo;
  readonly #sources = new Set<Source>();
  #running: Promise<void> | null = null;
  // A thread that still waits would keep a process from ending.
  readonly #atExit = () => this.io.wake();

  private constructor(io: PacketIo) {
    this.io = io;
  }

  /** @throws FeatureError where there are no packet sockets. */
  static async open(): Promise<Poller> {
    return new Poller(await openPacketIo());
  }

  add(source: Source): void {
    this.#sources.add(source);
    if (this.#running !== null) this.io.wake();
    else {
      process.on("exit", this.#atExit);
      this.#running = this.#run().finally(() => {
        process.off("exit", this.#atExit);
        this.#running = null;
      });
    }
  }

  /** Resolves when nothing waits for it any more: it may be closed. */
  async remove(source: Source): Promise<void> {
    if (!this.#sources.delete(source)) return;
    this.io.wake();
    if (this.#sources.size === 0) await this.#running;
    else await new Promise((resolve) => setImmediate(resolve));
  }

  async #run(): Promise<void> {
    while (this.#sources.size > 0) {
      await this.io.wait([...this.#sources].map(({ fd }) => fd));
      for (let more = true; more && this.#sources.size > 0; ) {
        more = false;
        for (const source of [...this.#sources]) if (source.pump(performance.now() + PATIENCE)) more = true;
        if (more) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
}

let shared: Promise<Poller> | undefined;

/** The process's. @throws FeatureError where there are no packet sockets. */
export function poller(): Promise<Poller> {
  return (shared ??= Poller.open());
}

/** One CPU that is a thread, as the engine sees it: what it was asked, what it said, whether it still gets on. */

import { FaultError } from "../../errors.ts";
import type { PacketRing } from "../room/packet-ring.ts";
import { RING } from "../room/ring-memory.ts";
import { CpuError } from "./error.ts";
import { CPU, CPU_BLOCK, type FromCpu, type ToCpu } from "./protocol.ts";
import type { Thread, Threads } from "./threads.ts";

type Start = Extract<ToCpu, { kind: "start" }>;
/** What is asked of it, without the number of the request. */
export type Asked = Exclude<ToCpu, Start> extends infer Each ? (Each extends unknown ? Omit<Each, "request"> : never) : never;

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

interface OpenRing {
  readonly ring: PacketRing;
  readonly number: number;
  /** Of `done`. */
  waiting: { readonly promise: Promise<void>; readonly target: number; readonly settle: Waiting } | null;
}

export interface CpuThreadOptions {
  readonly threads: Threads;
  readonly start: Omit<Start, "kind">;
  readonly print: (text: string, cpu: number) => void;
  readonly fault: (fault: FaultError, cpu: number) => void;
  /** The name of a program, for messages. */
  readonly nameOf: (program: number) => string;
}

export class CpuThread {
  readonly cpu: number;
  /** Why it is no more; null while it works. */
  ended: CpuError | null = null;
  readonly #options: CpuThreadOptions;
  readonly #control: Int32Array;
  readonly #thread: Thread;
  readonly #requests = new Map<number, Waiting>();
  readonly #rings = new Map<PacketRing, OpenRing>();
  readonly #byNumber = new Map<number, OpenRing>();
  #lastRequest = 0;
  #lastRing = 0;
  #watch: ReturnType<typeof setTimeout> | null = null;
  /** When the batch that it works at was first seen, and which that was. */
  #seenAt = 0;
  #seenTurn = -1;

  /** @throws what the platform throws when it starts no thread. */
  constructor(options: CpuThreadOptions) {
    const { threads, start } = options;
    this.cpu = start.cpu;
    this.#options = options;
    this.#control = new Int32Array(start.memory.buffer, start.control, CPU_BLOCK / 4);
    this.#thread = threads.start(`skep cpu ${start.cpu}`, {
      message: (message) => this.#hear(message as FromCpu),
      failed: (error) => {
        const why = error instanceof Error ? error.message : String(error);
        void this.end(new CpuError(this.cpu, "failed", `cpu ${this.cpu}: its thread has ended: ${why}`, { cause: error }));
      },
    });
    this.#send({ kind: "start", ...start });
  }

  /** Resolves when it was carried out; at once when the thread has ended, for then it holds nothing any more. */
  async ask(asked: Asked): Promise<void> {
    if (this.ended !== null) return;
    const request = ++this.#lastRequest;
    const answered = new Promise<void>((resolve, reject) => this.#requests.set(request, { resolve, reject }));
    this.#send({ ...asked, request } as ToCpu);
    this.#startWatch();
    await answered;
  }

  // ── rings ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  open(ring: PacketRing): void {
    const number = ++this.#lastRing;
    const open: OpenRing = { ring, number, waiting: null };
    this.#rings.set(ring, open);
    this.#byNumber.set(number, open);
    // Nobody waits for it: packets may be handed over before, and `done` comes after.
    void this.ask({ kind: "open ring", ring: number, shape: ring.shape }).catch(() => {});
  }

  async close(ring: PacketRing): Promise<void> {
    const open = this.#rings.get(ring);
    if (open === undefined) return;
    try {
      await this.ask({ kind: "close ring", ring: open.number });
    } catch (error) {
      // A thread that ended meanwhile has let go of it.
      if (this.ended === null) throw error;
    }
    this.#rings.delete(ring);
    this.#byNumber.delete(open.number);
    open.waiting?.settle.reject(new CpuError(this.cpu, "closed", `cpu ${this.cpu}: the ring was closed`));
    open.waiting = null;
  }

  /** There are packets. @throws CpuError when the thread has ended. */
  ring(): void {
    if (this.ended !== null) throw this.ended;
    const control = this.#control;
    Atomics.add(control, CPU.bell, 1);
    if (Atomics.load(control, CPU.asleep) === 1) Atomics.notify(control, CPU.bell);
  }

  /** Resolves when of the packets that were handed over so far at most `left` are not done. */
  async done(ring: PacketRing, left: number): Promise<void> {
    for (;;) {
      if (this.ended !== null) throw this.ended;
      const open = this.#rings.get(ring);
      if (open === undefined) return;
      const target = (Atomics.load(ring.control, RING.submitted) - Math.max(0, Math.min(left, ring.pending))) | 0;
      if (open.waiting !== null) {
        // Somebody waits already: perhaps for fewer.
        const reached = open.waiting.target === target;
        await open.waiting.promise;
        if (reached) return;
        continue;
      }
      let settle: Waiting = { resolve() {}, reject() {} };
      const promise = new Promise<void>((resolve, reject) => {
        settle = { resolve, reject };
      });
      open.waiting = { promise, target, settle };
      Atomics.store(ring.control, RING.wanted, target);
      Atomics.store(ring.control, RING.waiting, 1);
      this.ring();
      this.#startWatch();
      await promise;
      return;
    }
  }

  // ── its end ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Ends the thread, whatever it is doing. */
  async end(why: CpuError): Promise<void> {
    if (this.ended === null) {
      this.ended = why;
      this.#stopWatch();
      for (const { resolve, reject } of this.#requests.values()) {
        // An engine that is disposed has detached everything; who waits for that is done.
        if (why.reason === "closed") resolve();
        else reject(why);
      }
      this.#requests.clear();
      for (const open of this.#rings.values()) {
        open.waiting?.settle.reject(why);
        open.waiting = null;
      }
    }
    await this.#thread.terminate();
  }

  // ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #send(message: ToCpu): void {
    Atomics.add(this.#control, CPU.posted, 1);
    this.#thread.post(message);
    Atomics.add(this.#control, CPU.bell, 1);
    Atomics.notify(this.#control, CPU.bell);
  }

  #hear(message: FromCpu): void {
    if (this.ended !== null) return;
    switch (message.kind) {
      case "answer": {
        const waiting = this.#requests.get(message.request);
        this.#requests.delete(message.request);
        if (message.error === null) waiting?.resolve();
        else waiting?.reject(new CpuError(this.cpu, "failed", `cpu ${this.cpu}: ${message.error}`));
        break;
      }
      case "done": {
        const open = this.#byNumber.get(message.ring);
        open?.waiting?.settle.resolve();
        if (open !== undefined) open.waiting = null;
        break;
      }
      case "print":
        this.#options.print(message.text, this.cpu);
        break;
      case "fault": {
        const { program, slot, message: text } = message.fault;
        this.#options.fault(new FaultError(program, slot, text), this.cpu);
        break;
      }
      case "faults": {
        const { program, slot, message: text } = message.first;
        const ring = this.#byNumber.get(message.ring)?.ring;
        ring?.fault(new FaultError(program, slot, text), message.packets);
        break;
      }
      case "failed": {
        const cause = new Error(message.message);
        if (message.stack !== undefined) cause.stack = message.stack;
        void this.end(new CpuError(this.cpu, "failed", `cpu ${this.cpu}: its thread has ended: ${message.message}`, { cause }));
        break;
      }
    }
    if (!this.#isAwaited()) this.#stopWatch();
  }

  // ── the watch: only while somebody waits for it; it also keeps the process alive that long ──────────────────────────

  #isAwaited(): boolean {
    if (this.#requests.size > 0) return true;
    for (const { waiting } of this.#rings.values()) if (waiting !== null) return true;
    return false;
  }

  #startWatch(): void {
    if (this.#watch !== null) return;
    this.#seenTurn = -1;
    this.#look();
  }

  #stopWatch(): void {
    if (this.#watch !== null) clearTimeout(this.#watch);
    this.#watch = null;
  }

  #look(): void {
    const { patience } = this.#options.threads;
    const running = Atomics.load(this.#control, CPU.running);
    const turn = Atomics.load(this.#control, CPU.turns);
    const now = performance.now();
    if (running === 0 || turn !== this.#seenTurn) {
      this.#seenTurn = running === 0 ? -1 : turn;
      this.#seenAt = now;
    } else if (now - this.#seenAt > patience) {
      const name = this.#options.nameOf(running);
      const message = `cpu ${this.cpu}: program ${name} did not end within ${patience} ms, so its thread was ended; a program that a verifier accepted always ends: load it with unsafe instead, to give it fuel`;
      void this.end(new CpuError(this.cpu, "stuck", message));
      return;
    }
    this.#watch = setTimeout(() => this.#look(), Math.min(patience / 4, 100));
  }
}

/**
 * A CPU that is a thread: what runs in a worker. It has the engine's memory, a stack and a context of its own there, its own instances
 * of the programs and its own objects in front of the maps.
 *
 * It works on packets until there are none, then sleeps until the bell rings: an idle CPU takes no time.
 */

import { FaultError } from "../../errors.ts";
import { realClock } from "../clock.ts";
import { Cpu } from "../cpu.ts";
import type { Executor } from "../executor.ts";
import { interpreters } from "../interpreter.ts";
import { createMap } from "../maps/create.ts";
import type { MapHome, MapStore } from "../maps/store.ts";
import { Memory } from "../memory.ts";
import { loadKind } from "../programs/kinds.ts";
import { runRing } from "../programs/xdp-ring.ts";
import { resolve } from "../resolve.ts";
import { passAll, RING, RingMemory } from "../room/ring-memory.ts";
import { Room } from "../room/room.ts";
import { CPU, CPU_BLOCK, type FromCpu, type ProgramMessage, type ToCpu } from "./protocol.ts";

/** A worker's way to who started it: `self` in a browser, `parentPort` of Node. */
export interface CpuPort {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
}

/** What a thread that is to be a CPU calls, once; all else comes from the engine. */
export function serveCpu(port: CpuPort): void {
  const post = (message: FromCpu): void => port.postMessage(message);
  let cpu: ThreadCpu | null = null;
  // One after the other: loading a program may have to import something.
  let before = Promise.resolve();
  port.addEventListener("message", ({ data }) => {
    const message = data as ToCpu;
    before = before
      .then(async () => {
        if (message.kind === "start") cpu = new ThreadCpu(message, post);
        else await cpu?.answer(message);
        cpu?.work();
      })
      .catch((error: unknown) => {
        const { message, stack } = error instanceof Error ? error : new Error(String(error));
        post({ kind: "failed", message, stack });
        cpu = null;
      });
  });
}

/** Most packets between two looks at what else there is to do. */
const BATCH = 64;
/** A batch that takes longer, in milliseconds, is followed by a smaller one: then messages do not wait for long. */
const LONG = 1;

type Start = Extract<ToCpu, { kind: "start" }>;
type Request = Exclude<ToCpu, Start>;

class Ring {
  readonly number: number;
  readonly memory: RingMemory;
  completed = 0;
  batch = 1;
  /** Of the batch at hand. */
  faults = 0;
  firstFault: FaultError | null = null;

  constructor(number: number, memory: RingMemory) {
    this.number = number;
    this.memory = memory;
  }

  readonly failed = (error: unknown): void => {
    if (!(error instanceof FaultError)) throw error;
    this.faults++;
    this.firstFault ??= error;
  };
}

interface Running {
  readonly executor: Executor;
  readonly fuel: number;
  readonly tail: number;
}

class ThreadCpu {
  readonly #post: (message: FromCpu) => void;
  readonly #control: Int32Array;
  readonly #cpu: Cpu;
  readonly #home: MapHome;
  readonly #programs = new Map<number, Running>();
  /** Numbers of the programs of each. */
  readonly #collections = new Map<number, readonly number[]>();
  readonly #rings: Ring[] = [];
  #handled = 1;

  constructor(start: Start, post: (message: FromCpu) => void) {
    const memory = Memory.attach(start.memory, start.regions);
    this.#post = post;
    this.#control = new Int32Array(memory.buffer, start.control, CPU_BLOCK / 4);
    const clock = realClock(start.timeOrigin);
    const fault = ({ program, slot, message }: FaultError): void => post({ kind: "fault", fault: { program, slot, message } });
    const room = new Room({ memory, clock, print: (text) => post({ kind: "print", text }), fault });
    this.#cpu = new Cpu(start.cpu, room, start.seed);
    const { random } = this.#cpu;
    this.#home = { memory, cpus: start.cpus, registry: room.maps, random: () => random.next() };
  }

  // ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async answer(message: Request): Promise<void> {
    let error: string | null = null;
    try {
      await this.#carryOut(message);
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown);
    }
    this.#handled++;
    this.#post({ kind: "answer", request: message.request, error });
  }

  async #carryOut(message: Request): Promise<void> {
    switch (message.kind) {
      case "load": {
        const maps = message.maps.map(({ spec, place }) => createMap(spec, { ...this.#home, place }));
        message.maps.forEach(({ fields }, index) => {
          const map = maps[index]!;
          if (fields.length > 0) map.fields = this.#cpu.room.fieldsOf(map, fields);
        });
        const byName = new Map(maps.map((map) => [map.name, map]));
        for (const program of message.programs) this.#programs.set(program.number, await this.#ready(program, byName));
        if ([...this.#cpu.room.maps.all()].some(({ type }) => type === "prog_array")) this.#cpu.room.programs.offerAll();
        this.#collections.set(
          message.collection,
          message.programs.map(({ number }) => number),
        );
        return;
      }
      case "unload": {
        // Its maps stay in the registry, for they may be in maps of other collections. A new map at such an address takes its place.
        for (const number of this.#collections.get(message.collection) ?? []) {
          this.#cpu.room.programs.drop(this.#programs.get(number)?.tail ?? 0);
          this.#programs.delete(number);
        }
        this.#collections.delete(message.collection);
        return;
      }
      case "open ring":
        this.#rings.push(new Ring(message.ring, new RingMemory(this.#cpu.room.memory, message.shape)));
        return;
      case "close ring": {
        const at = this.#rings.findIndex(({ number }) => number === message.ring);
        if (at >= 0) this.#rings.splice(at, 1);
        return;
      }
      case "settle":
        return;
    }
  }

  async #ready(
    { spec, externs, trust, conditions, fuel, tail, code }: ProgramMessage,
    maps: ReadonlyMap<string, MapStore>,
  ): Promise<Running> {
    const kind = await loadKind(spec.type);
    if (kind === null) throw new TypeError(`${spec.name}: this engine runs no ${spec.type} programs`);
    const found = resolve(spec, kind, maps, externs);
    const resolved = { ...found, code: { ...found.code, conditions } };
    const make = code === null ? interpreters : (await import("../jit/executors.ts")).jitExecutors;
    const [executor] = make(resolved, [this.#cpu], kind.helpers, trust, code);
    if (executor === undefined) throw new TypeError(`${spec.name}: there is no executor`);
    const executors: Executor[] = [];
    executors[this.#cpu.id] = executor;
    this.#cpu.room.programs.add({ program: null, type: spec.type, code: resolved.code, executors }, tail);
    return { executor, fuel, tail };
  }

  // ── packets ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Works and sleeps until there is a message. */
  work(): void {
    const control = this.#control;
    const { timers } = this.#cpu.room;
    for (;;) {
      // First the bell, then everything that it rings for: what comes after this look changes it, and the CPU does not fall asleep.
      const bell = Atomics.load(control, CPU.bell);
      if (Atomics.load(control, CPU.posted) !== this.#handled) return;
      let worked = false;
      for (const ring of this.#rings) if (this.#serve(ring)) worked = true;
      timers.fireAlone();
      if (worked) continue;
      // The host looks whether it sleeps after it has rung; so whatever comes between, one of the two notices.
      Atomics.store(control, CPU.asleep, 1);
      Atomics.wait(control, CPU.bell, bell, timers.patience);
      Atomics.store(control, CPU.asleep, 0);
    }
  }

  /** Does a batch of a ring's packets; whether there were any. */
  #serve(ring: Ring): boolean {
    const { memory } = ring;
    const words = memory.control;
    const first = ring.completed;
    const pending = (Atomics.load(words, RING.submitted) - first) >>> 0;
    const count = Math.min(pending, ring.batch);
    if (count > 0) {
      const began = performance.now();
      this.#run(ring, first, count);
      ring.completed = (first + count) >>> 0;
      Atomics.store(words, RING.completed, ring.completed | 0);
      const took = performance.now() - began;
      ring.batch = took > LONG ? Math.max(1, ring.batch >> 1) : Math.min(BATCH, ring.batch * 2);
    }
    if (Atomics.load(words, RING.waiting) === 1 && ((ring.completed - words[RING.wanted]!) | 0) >= 0) {
      Atomics.store(words, RING.waiting, 0);
      this.#post({ kind: "done", ring: ring.number });
    }
    return count > 0;
  }

  #run(ring: Ring, first: number, count: number): void {
    const { memory } = ring;
    const number = Atomics.load(memory.control, RING.program);
    const program = this.#programs.get(number);
    if (program === undefined) {
      passAll(memory, first, count);
      return;
    }
    const control = this.#control;
    Atomics.add(control, CPU.turns, 1);
    Atomics.store(control, CPU.running, number);
    runRing(program.executor, memory, first, count, program.fuel, ring.failed);
    Atomics.store(control, CPU.running, 0);
    if (ring.firstFault === null) return;
    const { program: name, slot, message } = ring.firstFault;
    this.#post({ kind: "faults", ring: ring.number, packets: ring.faults, first: { program: name, slot, message } });
    ring.faults = 0;
    ring.firstFault = null;
  }
}

/** The CPUs of an engine that are threads: all but the first. */

import type { ExternSpec, MapSpec, ProgramSpec } from "../../../object/spec.ts";
import type { FaultError } from "../../errors.ts";
import type { Cpu } from "../cpu.ts";
import type { Executor } from "../executor.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory, Region } from "../memory.ts";
import type { RingThreads } from "../room/device-rings.ts";
import type { PacketHandler } from "../room/packet-host.ts";
import type { PacketRing } from "../room/packet-ring.ts";
import type { Trust } from "../verify.ts";
import { type Asked, CpuThread } from "./cpu-thread.ts";
import { CpuError } from "./error.ts";
import { CPU_BLOCK, type MapMessage } from "./protocol.ts";
import type { Threads } from "./threads.ts";

/** What a collection has for the threads. */
export interface Sent {
  readonly maps: readonly MapStore[];
  readonly programs: readonly SentProgram[];
}

export interface SentProgram {
  /** What sits on devices for it. */
  readonly handler: object;
  readonly spec: ProgramSpec;
  readonly externs: readonly ExternSpec[];
  readonly trust: Trust;
  readonly fuel: number;
  readonly executor: Executor;
  /** Its number in the engine's program table. */
  readonly tail: number;
}

export interface CpuThreadsOptions {
  readonly threads: Threads;
  readonly memory: Memory;
  /** Of the engine. */
  readonly cpus: number;
  /** One for each thread, with its seed. */
  readonly away: readonly { readonly cpu: Cpu; readonly seed: number }[];
  readonly print: (text: string, cpu: number) => void;
  readonly fault: (fault: FaultError, cpu: number) => void;
}

export class CpuThreads implements RingThreads {
  readonly cpus: number;
  readonly #threads: readonly CpuThread[];
  readonly #memory: Memory;
  readonly #regions: readonly Region[];
  readonly #numbers = new WeakMap<object, number>();
  readonly #names = new Map<number, string>();
  readonly #collections = new WeakMap<Sent, number>();
  #lastProgram = 0;
  #lastCollection = 0;

  /** @throws what the platform throws when it starts no thread; none is left then. */
  constructor({ threads, memory, cpus, away, print, fault }: CpuThreadsOptions) {
    this.cpus = cpus;
    this.#memory = memory;
    const regions: Region[] = [];
    const started: CpuThread[] = [];
    this.#threads = started;
    this.#regions = regions;
    try {
      for (const { cpu, seed } of away) {
        const control = memory.allocate(CPU_BLOCK, `control (cpu ${cpu.id})`, "engine");
        regions.push(control);
        const start = {
          cpu: cpu.id,
          cpus,
          seed,
          memory: memory.wasm,
          control: control.start,
          regions: cpu.regions,
          timeOrigin: performance.timeOrigin,
        };
        started.push(new CpuThread({ threads, start, print, fault, nameOf: (number) => this.#names.get(number) ?? "?" }));
      }
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  /**
   * Gets the programs ready everywhere; then they may be attached.
   * @throws CpuError when a CPU cannot.
   */
  async load(sent: Sent): Promise<void> {
    const collection = ++this.#lastCollection;
    this.#collections.set(sent, collection);
    const programs = sent.programs.map(({ handler, spec, externs, trust, fuel, executor, tail }) => {
      const { conditions } = executor.space;
      const number = ++this.#lastProgram;
      this.#numbers.set(handler, number);
      this.#names.set(number, spec.name);
      // A view of an object file would take the whole file along.
      return {
        number,
        spec: { ...spec, code: spec.code.slice() },
        externs,
        trust,
        conditions,
        fuel,
        tail,
        code: executor.shared,
      };
    });
    await this.#askAll({ kind: "load", collection, maps: sent.maps.map(messageOf), programs });
  }

  /** Resolves when no thread holds the programs and maps any more. */
  async unload(sent: Sent): Promise<void> {
    const collection = this.#collections.get(sent);
    if (collection === undefined) return;
    this.#collections.delete(sent);
    await this.#askAll({ kind: "unload", collection });
    for (const { handler } of sent.programs) this.#names.delete(this.#numbers.get(handler) ?? 0);
  }

  numberOf(handler: PacketHandler | null): number {
    return handler === null ? 0 : (this.#numbers.get(handler) ?? 0);
  }

  settle(): Promise<void> {
    return this.#askAll({ kind: "settle" });
  }

  opened(ring: PacketRing): void {
    this.#of(ring)?.open(ring);
  }

  submitted(ring: PacketRing): void {
    this.#of(ring)?.ring();
  }

  async done(ring: PacketRing, left: number): Promise<void> {
    await this.#of(ring)?.done(ring, left);
  }

  async closed(ring: PacketRing): Promise<void> {
    await this.#of(ring)?.close(ring);
  }

  /** Ends all threads, whatever they are doing. */
  async close(): Promise<void> {
    await Promise.all(
      this.#threads.map((thread) => thread.end(new CpuError(thread.cpu, "closed", `cpu ${thread.cpu}: the engine was disposed`))),
    );
    for (const region of this.#regions) this.#memory.release(region);
  }

  #of(ring: PacketRing): CpuThread | undefined {
    return this.#threads.find(({ cpu }) => cpu === ring.shape.cpu);
  }

  /** One that ends meanwhile holds nothing any more, so nobody need wait for it. */
  async #askAll(asked: Asked): Promise<void> {
    const answers = await Promise.allSettled(this.#threads.map((thread) => thread.ask(asked)));
    for (const [at, answer] of answers.entries()) {
      if (answer.status === "rejected" && this.#threads[at]?.ended === null) throw answer.reason;
    }
  }
}

/** What a thread must know of a map: not what it began with, which is in memory. */
function messageOf({ spec, place, fields }: MapStore): MapMessage {
  const { contents: _, ...rest } = spec;
  const plain: MapSpec = rest;
  return { spec: plain, place, fields: fields?.fields ?? [] };
}

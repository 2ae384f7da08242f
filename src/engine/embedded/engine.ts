/**
 * The embedded engine: eBPF without a kernel, anywhere JavaScript runs.
 *
 * An engine is a small machine: one linear memory, CPUs, a clock, packet devices. It takes 69 KiB for each CPU (stack,
 * context, packet) and what the maps of loaded Specs take, all within the size it was opened with.
 */

import type { Spec } from "../../object/spec.ts";
import type { AnyModule, Collection, Engine, LoadOptions } from "../engine.ts";
import { MapError } from "../errors.ts";
import { type Clock, realClock } from "./clock.ts";
import { EmbeddedCollection, type Target } from "./collection.ts";
import { Cpu } from "./cpu.ts";
import { type PacketDevice, PacketHost } from "./host.ts";
import { checkFuel, DEFAULT_FUEL, interpreters } from "./interpreter.ts";
import { Memory } from "./memory.ts";
import { Random } from "./random.ts";

export interface EmbeddedOptions {
  /** 1 … 256; default 1. Packets go to the CPU that their metadata names. */
  readonly cpus?: number;
  /** Bytes of linear memory, fixed; default 256 MiB, of which only what is used takes real memory. */
  readonly memory?: number;
  /** Default: the real time. `virtualClock()` makes runs repeatable; a replay moves it to each packet's time. */
  readonly clock?: Clock;
  /** Of random numbers and hash seeds. The same seed, clock and packets give the same run, bit for bit. */
  readonly seed?: number;
  /** Receives what programs print (`bpf_trace_printk`), without a line end. Default: nobody. */
  readonly onPrint?: (text: string, cpu: number) => void;
  /** Instructions that one run of a program may take before it is stopped with a FaultError. Default 64 Mi. */
  readonly fuel?: number;
  /**
   * How programs run. `interpreter`, the default until a verifier stands before it: every access is checked to the byte. `jit`: as
   * WebAssembly, tens of times faster. The host stays safe and every run ends, but a program that is wrong may spoil the packets and
   * maps of this engine; where it can be told, it is stopped with the same FaultError. Fuel counts whole rounds of a loop.
   */
  readonly execution?: "interpreter" | "jit";
}

/** @throws RangeError for options that make no sense; MapError `memory` when the CPUs do not fit. */
export function openEmbedded(options: EmbeddedOptions = {}): EmbeddedEngine {
  return new EmbeddedEngine(options);
}

export class EmbeddedEngine implements Engine {
  readonly kind = "embedded";
  readonly cpus: number;
  readonly #memory: Memory;
  readonly #target: Omit<Target, "executors">;
  readonly #host: PacketHost;
  readonly #execution: "interpreter" | "jit";
  readonly #collections = new Set<AsyncDisposable>();
  #open = true;

  /** Use `openEmbedded`. */
  constructor(options: EmbeddedOptions) {
    const { cpus = 1, fuel = DEFAULT_FUEL, clock = realClock(), onPrint, execution = "interpreter" } = options;
    if (!Number.isInteger(cpus) || cpus < 1 || cpus > 256) throw new RangeError(`cpus: expected 1 to 256, found ${cpus}`);
    checkFuel(fuel);
    const memory = new Memory(options.memory === undefined ? {} : { size: options.memory });
    const random = new Random(options.seed);
    const host = { memory, clock, print: (text: string, cpu: number) => onPrint?.(text, cpu) };
    if (execution !== "interpreter" && execution !== "jit")
      throw new RangeError(`execution: expected interpreter or jit, found ${execution}`);
    this.cpus = cpus;
    this.#execution = execution;
    this.#memory = memory;
    this.#host = new PacketHost(clock);
    this.#target = {
      memory,
      cpus,
      cpuList: Array.from({ length: cpus }, (_, id) => new Cpu(id, host, random.next())),
      host: this.#host,
      fuel,
      random: () => random.next(),
    };
  }

  /** Bytes of linear memory: in all, and given out to CPUs and maps. */
  get memory(): { readonly size: number; readonly used: number } {
    return { size: this.#memory.size, used: this.#memory.used };
  }

  /** The packet devices, in the order in which they were added. */
  get devices(): readonly PacketDevice[] {
    return this.#host.devices;
  }

  /**
   * A place where packets come in and programs attach, by that name.
   * @throws AttachError when there is one of that name.
   */
  addDevice(name: string): PacketDevice {
    return this.#host.add(name);
  }

  async load<Module = AnyModule>(spec: Spec, options: LoadOptions = {}): Promise<Collection<Module>> {
    // What nobody uses is not loaded.
    const executors = this.#execution === "jit" ? (await import("./jit/executors.ts")).jitExecutors : interpreters;
    if (!this.#open) throw new MapError(spec.name, "closed", `${spec.name}: the engine was disposed; open another`);
    const target = { ...this.#target, executors };
    const collection: EmbeddedCollection<Module> = new EmbeddedCollection(spec, options, target, () =>
      this.#collections.delete(collection),
    );
    this.#collections.add(collection);
    return collection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    for (const collection of [...this.#collections]) await collection[Symbol.asyncDispose]();
  }
}

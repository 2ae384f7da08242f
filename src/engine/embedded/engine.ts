/**
 * The embedded engine: eBPF without a kernel, anywhere JavaScript runs.
 *
 * An engine is a small machine: one linear memory, CPUs, a clock, packet devices. It takes 90 KiB for each CPU (stack,
 * context, packet) and what the maps of loaded Specs take, all within the size it was opened with.
 */

import type { Spec } from "../../object/spec.ts";
import type { AnyModule, Collection, ContextInput, Engine, LoadOptions } from "../engine.ts";
import { type FaultError, MapError } from "../errors.ts";
import { withVariables } from "../variables.ts";
import { adapt } from "./adapt.ts";
import { type Clock, realClock } from "./clock.ts";
import { EmbeddedCollection, isWanted, kindsOf, type Target } from "./collection.ts";
import { Cpu } from "./cpu.ts";
import type { AnyHook } from "./hooks/hook.ts";
import { HookSite } from "./hooks/site.ts";
import { checkFuel, DEFAULT_FUEL, interpreters } from "./interpreter.ts";
import { Memory } from "./memory.ts";
import type { ProgramKind } from "./programs/kind.ts";
import { Random } from "./random.ts";
import type { Groups } from "./room/cgroup-hooks.ts";
import type { Counters } from "./room/counters.ts";
import type { Emitted, EventHost, EventMeta } from "./room/events.ts";
import type { Formats } from "./room/formats.ts";
import type { Kernel } from "./room/kernel-objects.ts";
import type { DeviceDescription } from "./room/network-description.ts";
import type { Network, PacketDevice } from "./room/packet-host.ts";
import type { Processes } from "./room/processes.ts";
import { Room, type RoomDescription } from "./room/room.ts";
import type { Prover } from "./target/prove.ts";
import { CpuThreads } from "./threads/cpu-threads.ts";
import type { Threads } from "./threads/threads.ts";
import type { Verify } from "./verify.ts";

export interface EmbeddedOptions {
  /** 1 … 256; default 1. Packets go to the CPU that their metadata names. */
  readonly cpus?: number;
  /**
   * Makes every CPU but the first, which is this thread, a thread of its own (`nodeThreads()` of `skep/threads`; in browsers
   * `webThreads`). Packets get there through rings: `PacketDevice.openRing({ cpu })`. Such an engine has the real clock, and what
   * happens on two CPUs has no fixed order; without threads a run can be repeated.
   */
  readonly threads?: Threads;
  /** Bytes of linear memory, fixed; default 256 MiB, of which only what is used takes real memory. */
  readonly memory?: number;
  /** Default: the real time. `virtualClock()` makes runs repeatable; a replay moves it to each packet's time. */
  readonly clock?: Clock;
  /** Of random numbers and hash seeds. The same seed, clock and packets give the same run, bit for bit. */
  readonly seed?: number;
  /** Receives what programs print (`bpf_trace_printk`), without a line end. Default: nobody. */
  readonly onPrint?: (text: string, cpu: number) => void;
  /**
   * Receives the faults of functions of programs that run by themselves: timers and work queues with the real clock. Where somebody moves
   * a virtual clock, they are thrown there. Default: nobody.
   */
  readonly onFault?: (fault: FaultError, cpu: number) => void;
  /** What stands around the programs from the start: processes, kernel types, formats of tracepoints. Default: nothing. */
  readonly room?: RoomDescription;
  /**
   * Instructions that one run of a program may take before it is stopped with a FaultError: interpreted, or as generated code that nobody
   * proved. Proven code ends by itself. Default 64 Mi.
   */
  readonly fuel?: number;
  /**
   * Judges each program before it is loaded. What it accepts runs bare, at full speed; what it refuses is not loaded, or runs checked
   * where `unsafe` is set. Default: the verifier of `skep/verifier` with this engine as target, which is as strict as the kernel's.
   */
  readonly verify?: Verify;
  /**
   * Loads programs that no verifier has accepted, and asks none unless one is given. They run with fuel and checks: the host stays safe
   * and every run ends, but as generated code a program that is wrong may spoil the packets and maps of this engine; where it can be
   * told, it is stopped with a FaultError. Default false.
   */
  readonly unsafe?: boolean;
  /**
   * How programs run. `jit`, the default: as WebAssembly, which JavaScript engines make machine code. Fuel counts whole rounds of a
   * loop there. `interpreter`: tens of times slower, every access checked to the byte, proven or not.
   */
  readonly execution?: "interpreter" | "jit";
  /** Hooks of the application's own that programs of this engine may decide at: docs/hooks.md. An open engine has a hook for itself. */
  readonly hooks?: readonly AnyHook[];
}

/** @throws RangeError for options that make no sense; MapError `memory` when the CPUs do not fit. */
export function openEmbedded(options: EmbeddedOptions = {}): EmbeddedEngine {
  return new EmbeddedEngine(options);
}

export class EmbeddedEngine implements Engine {
  readonly kind = "embedded";
  readonly cpus: number;
  readonly #target: Omit<Target, "executors" | "verifierOf">;
  readonly #verify: Verify | undefined;
  readonly #room: Room;
  readonly #execution: "interpreter" | "jit";
  readonly #threads: CpuThreads | null = null;
  readonly #collections = new Set<AsyncDisposable>();
  readonly #sites: HookSite[] = [];
  #open = true;

  /** Use `openEmbedded`. */
  constructor(options: EmbeddedOptions) {
    const {
      cpus = 1,
      fuel = DEFAULT_FUEL,
      clock = realClock(),
      onPrint,
      onFault,
      execution = "jit",
      verify,
      unsafe = false,
      threads,
    } = options;
    if (!Number.isInteger(cpus) || cpus < 1 || cpus > 256) throw new RangeError(`cpus: expected 1 to 256, found ${cpus}`);
    checkFuel(fuel);
    if (threads !== undefined && options.clock !== undefined)
      throw new RangeError("clock: CPUs that are threads have the real clock; leave out clock or threads");
    const memory = new Memory({
      ...(options.memory === undefined ? {} : { size: options.memory }),
      shared: threads !== undefined,
    });
    const random = new Random(options.seed);
    const room = new Room({
      memory,
      clock,
      print: (text, cpu) => onPrint?.(text, cpu),
      fault: (fault) => onFault?.(fault, 0),
      seed: options.seed,
      ...(options.room === undefined ? {} : { description: options.room }),
    });
    const made = Array.from({ length: cpus }, (_, id) => {
      const seed = random.next();
      return { cpu: new Cpu(id, room, seed), seed };
    });
    if (execution !== "interpreter" && execution !== "jit")
      throw new RangeError(`execution: expected interpreter or jit, found ${execution}`);
    try {
      for (const hook of options.hooks ?? []) this.#sites.push(new HookSite(hook, room));
    } catch (error) {
      for (const site of this.#sites) site.dispose();
      throw error;
    }
    this.cpus = cpus;
    this.#execution = execution;
    this.#verify = verify;
    this.#room = room;
    if (threads !== undefined) {
      // The others are in their threads' rooms; here only what they take is known.
      room.cpus.length = 1;
      const print = (text: string, cpu: number): void => room.print(text, cpu);
      const fault = (error: FaultError, cpu: number): void => onFault?.(error, cpu);
      this.#threads = new CpuThreads({ threads, memory, cpus, away: made.slice(1), print, fault });
      room.threads = this.#threads;
    }
    this.#target = {
      memory,
      cpus,
      room,
      fuel,
      unsafe,
      threads: this.#threads,
      registry: room.maps,
      random: () => random.next(),
    };
  }

  /** Bytes of linear memory: in all, and given out to CPUs and maps. */
  get memory(): { readonly size: number; readonly used: number } {
    const { size, used } = this.#room.memory;
    return { size, used };
  }

  /** The packet devices, in the order in which they were added. */
  get devices(): readonly PacketDevice[] {
    return this.#room.packets.devices;
  }

  /**
   * A place where packets come in and leave, and programs attach, by that name.
   * @throws AttachError when there is one of that name or number; RangeError for a description that makes no sense.
   */
  addDevice(device: string | DeviceDescription): PacketDevice {
    return this.#room.packets.add(typeof device === "string" ? { name: device } : device);
  }

  /** Takes a device away: its name and number may be given again. Programs that are attached there stay, and see nothing. */
  removeDevice(device: PacketDevice): void {
    this.#room.packets.remove(device);
  }

  /** Routes and neighbours of the room, which may change while packets flow. */
  get network(): Network {
    return this.#room.packets;
  }

  /** What processes of control groups do: calls, packets, settings, that attached programs decide about. */
  get groups(): Groups {
    return this.#room.groups;
  }

  /** The processes of the room, and who runs where. */
  get processes(): Processes {
    return this.#room.processes;
  }

  /** Objects of the kernel, which programs find behind pointers. */
  get kernel(): Kernel {
    return this.#room.kernel;
  }

  /** What is known of the fields of tracepoints. */
  get formats(): Formats {
    return this.#room.formats;
  }

  /** What the hardware counts, for programs that read it. */
  get counters(): Counters {
    return this.#room.counters;
  }

  /** What programs are attached to, besides packets. */
  get events(): EventHost {
    return this.#room.events;
  }

  /**
   * An event happens: every program that is attached to it runs.
   * @param event `syscalls/sys_enter_openat`, `raw_tp/sched_switch`, `kprobe/tcp_connect`, `perf_event/cpu-clock` …
   * @param data fields by name, or the bytes of the context; docs/events.md has the fields of each kind.
   * @throws FaultError of the first program that was stopped, after all have run; RangeError for a CPU, process or field that is not there.
   */
  emit(event: string, data: ContextInput = {}, meta: EventMeta = {}): Emitted {
    return this.#room.events.emit(event, data, meta);
  }

  async load<Module = AnyModule>(declared: Spec, options: LoadOptions<Module> = {}): Promise<Collection<Module>> {
    const spec = withVariables(declared, options.variables);
    // What nobody uses is not loaded.
    const executors = this.#execution === "jit" ? (await import("./jit/executors.ts")).jitExecutors : interpreters;
    const kinds = await kindsOf(spec, options, new Map(this.#sites.map(({ kind, section }) => [section, kind])));
    const { kernel, config } = this.#room;
    const adapted = await adapt(spec, kernel.types, config, (program) => isWanted(program, options));
    if (!this.#open) throw new MapError(spec.name, "closed", `${spec.name}: the engine was disposed; open another`);
    const prover = await this.#prover(adapted);
    const verifierOf = (kind: ProgramKind) => prover?.of(kind) ?? this.#verify;
    const target = { ...this.#target, executors, verifierOf };
    let collection: EmbeddedCollection<Module>;
    try {
      collection = new EmbeddedCollection(adapted, options, target, kinds, () => this.#collections.delete(collection));
    } catch (error) {
      throw prover === null ? error : await prover.explain(error);
    }
    this.#collections.add(collection);
    try {
      await this.#threads?.load(collection.sent);
    } catch (error) {
      await collection[Symbol.asyncDispose]();
      throw error;
    }
    return collection;
  }

  /** Our verifier, unless another was given or none is wanted. */
  async #prover(spec: Spec): Promise<Prover | null> {
    if (this.#verify !== undefined || this.#target.unsafe) return null;
    return new (await import("./target/prove.ts")).Prover(this.#room.kernel.types, spec);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    this.#room.timers.close();
    await this.#threads?.close();
    for (const collection of [...this.#collections]) await collection[Symbol.asyncDispose]();
    for (const site of this.#sites.splice(0)) site.dispose();
  }
}

/**
 * The machine room: everything that stands around the programs of one engine and that their helpers may ask — memory, CPUs, the
 * clock, packet devices. Nothing in it is the machine's that JavaScript runs on unless whoever opened the engine put it there, so a
 * run can be repeated.
 */

import { type Btf, openBtf } from "../../../btf/btf.ts";
import type { FaultError } from "../../errors.ts";
import type { KernelConfig } from "../adapt.ts";
import type { Clock } from "../clock.ts";
import { ContextAreas } from "../contexts/event-context.ts";
import type { Architecture } from "../contexts/registers.ts";
import type { Cpu } from "../cpu.ts";
import { dropObject } from "../helpers/storage.ts";
import { MapRegistry } from "../maps/registry.ts";
import { type SpecialField, ValueFields } from "../maps/special.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";
import { CgroupHooks } from "./cgroup-hooks.ts";
import { CgroupTree } from "./cgroup-tree.ts";
import { Counters } from "./counters.ts";
import type { RingThreads } from "./device-rings.ts";
import { EventHost } from "./events.ts";
import { Formats } from "./formats.ts";
import { Heap } from "./heap.ts";
import { Kernel } from "./kernel-objects.ts";
import type { NetworkDescription } from "./network-description.ts";
import { Objects } from "./objects.ts";
import { PacketHost } from "./packet-host.ts";
import { type ProcessDescription, Processes } from "./processes.ts";
import { ProgramTable } from "./programs.ts";
import { type SymbolDescription, Symbols } from "./symbols.ts";
import { Timers } from "./timers.ts";

/** What stands in a room from the start: plain data. */
export interface RoomDescription extends NetworkDescription {
  /** Threads that there are. Default: none but the idle ones. */
  readonly processes?: readonly ProcessDescription[];
  /** Types of a kernel: BTF, as in `/sys/kernel/btf/vmlinux`. With them programs that depend on kernel types (CO-RE) load. */
  readonly types?: Uint8Array | Btf;
  /** The kernel's configuration, for programs that ask (`__kconfig`). */
  readonly config?: KernelConfig;
  /** Texts of `format` files of tracefs, by event: `{ "sched/sched_switch": "name: sched_switch\nID: 308\n…" }`. */
  readonly formats?: Readonly<Record<string, string>>;
  /** What addresses of the kernel are called. */
  readonly symbols?: readonly SymbolDescription[];
  /** Whose registers kprobes and samples have: what the programs were compiled for. Default `x86_64`. */
  readonly architecture?: Architecture;
}

export interface RoomOptions {
  readonly memory: Memory;
  readonly clock: Clock;
  /** Receives what programs print, without a line end. */
  readonly print: (text: string, cpu: number) => void;
  /** Receives the faults of timers' functions where nobody waits for them. Default: nobody. */
  readonly fault?: (fault: FaultError) => void;
  /** Of the hashes of packets' flows. Default: another in every run. */
  readonly seed?: number | undefined;
  readonly description?: RoomDescription;
}

export class Room {
  readonly memory: Memory;
  readonly clock: Clock;
  readonly print: (text: string, cpu: number) => void;
  /** By number. Each adds itself when it is made. */
  readonly cpus: Cpu[] = [];
  /** CPUs that are threads of their own; these are not in `cpus`. */
  threads: RingThreads | null = null;
  /** Timers and work queues of programs. */
  readonly timers: Timers;
  /** What programs allocate. */
  readonly heap: Heap;
  /** Those of them that have a type. */
  readonly objects: Objects;
  /** What tail calls go on with. */
  readonly programs = new ProgramTable();
  readonly packets: PacketHost;
  readonly maps = new MapRegistry();
  readonly cgroups = new CgroupTree();
  /** What decides for their processes. */
  readonly groups = new CgroupHooks(this.cgroups, this.cpus);
  readonly processes: Processes;
  readonly kernel: Kernel;
  readonly formats: Formats;
  readonly events: EventHost;
  readonly counters: Counters;
  readonly contexts = new ContextAreas();
  readonly architecture: Architecture;
  readonly config: KernelConfig;
  readonly symbols: Symbols;

  /** Any u32; packets' flows are hashed with it. */
  readonly hashSeed: number;

  /** What values of a map hold besides bytes; when an entry goes away, the room lets it go. */
  fieldsOf({ valueSize }: MapStore, fields: readonly SpecialField[]): ValueFields {
    return new ValueFields(fields, valueSize, this.memory, (field, address) => {
      if (field.kind === "timer" || field.kind === "wq") this.timers.drop(address);
      else this.objects.release(field, address);
    });
  }

  constructor({ memory, clock, print, fault = () => {}, seed = Math.random() * 2 ** 32, description = {} }: RoomOptions) {
    this.memory = memory;
    this.heap = new Heap(memory);
    this.objects = new Objects(memory, this.heap);
    this.timers = new Timers(clock, () => this.cpus.some(({ busy }) => busy), fault);
    this.clock = clock;
    this.print = print;
    this.hashSeed = seed >>> 0;
    this.packets = new PacketHost(clock, this);
    this.packets.describe(description);
    const { processes, types, formats, architecture = "x86_64", config = {}, symbols } = description;
    this.config = config;
    this.symbols = new Symbols(symbols);
    this.architecture = architecture;
    this.processes = new Processes(this.cgroups, processes);
    this.kernel = new Kernel(
      memory,
      this.processes,
      types === undefined ? null : types instanceof Uint8Array ? openBtf(types) : types,
    );
    this.formats = new Formats(formats);
    this.processes.onEnd = (process) => {
      const task = this.kernel.forget(process);
      if (task !== null) dropObject(this.maps, task);
    };
    this.events = new EventHost(clock, this.processes, () => this.cpus.length);
    this.counters = new Counters(() => this.cpus.length);
  }
}

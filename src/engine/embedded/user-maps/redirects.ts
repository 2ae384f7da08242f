/**
 * Device and CPU maps as user space sees them (kernel/bpf/devmap.c, cpumap.c): what an entry may say, and the program that it
 * may have.
 *
 *     devices.set(0, { ifindex: 3, bpf_prog: { fd: 0 } }, { program: collection.programs.outward });
 */

import type { Btf } from "../../../btf/btf.ts";
import type { Codec } from "../../../btf/codec.ts";
import type { AttachType } from "../../../uapi/attach-types.ts";
import type { ProgramHandle, UpdateMode, UpdateOptions } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";
import type { ProgramTable } from "../room/programs.ts";
import { UserMap } from "./keyed.ts";

/** What entries lead to. */
export interface RedirectHome {
  readonly cpus: number;
  readonly ownCpus: number;
  readonly programs: ProgramTable;
  /** Whether there is a device with that number. */
  readonly hasDevice: (ifindex: number) => boolean;
}

/** The most packets that may wait for a CPU. */
const LONGEST_QUEUE = 16_384;

export class UserRedirectMap extends UserMap {
  readonly #home: RedirectHome;

  constructor(store: MapStore, memory: Memory, types: Btf | null, keys: Codec, values: Codec, home: RedirectHome) {
    super(store, memory, types, keys, values);
    this.#home = home;
  }

  protected override admit(store: MapStore, mode: UpdateMode | UpdateOptions): void {
    const { words } = this.memory;
    const value = store.scratchValue >>> 2;
    const program = typeof mode === "string" ? undefined : mode.program;
    if (store.type === "cpumap") this.#admitCpu(words[store.scratchKey >>> 2]!, words[value]!);
    else this.#admitDevice(store, words[value]!, program);
    if (store.valueSize === 8) words[value + 1] = this.#numberOf(store, words[value + 1]!, program);
    else if (program !== undefined)
      throw this.#invalid("its values have 4 bytes; entries with a program have 8 (struct bpf_devmap_val)");
  }

  #admitCpu(cpu: number, queue: number): void {
    if (queue > LONGEST_QUEUE) throw this.#invalid(`expected at most ${LONGEST_QUEUE} packets that may wait, found ${queue}`);
    if (cpu >= this.#home.cpus && cpu < this.spec.maxEntries)
      throw this.#invalid(`there is no CPU ${cpu}; the engine has 0 to ${this.#home.cpus - 1} (openEmbedded({ cpus }))`);
    if (cpu >= this.#home.ownCpus && cpu < this.#home.cpus)
      throw this.#invalid(
        `CPU ${cpu} is a thread: redirected packets go to CPUs of the engine's own thread, 0 to ${this.#home.ownCpus - 1}`,
      );
  }

  /** An entry of device 0 is none: an array takes that, as it is how one is taken out. */
  #admitDevice({ type }: MapStore, ifindex: number, program: ProgramHandle | undefined): void {
    if (ifindex === 0 && type === "devmap" && program === undefined) return;
    if (!this.#home.hasDevice(ifindex)) throw this.#invalid(`there is no device with ifindex ${ifindex}; add it first`);
  }

  #numberOf(store: MapStore, written: number, program: ProgramHandle | undefined): number {
    // The kernel takes any number up to 0 for no program.
    if (program === undefined) {
      if ((written | 0) <= 0) return 0;
      throw this.#invalid(`bpf_prog.fd: this engine has no descriptors; name the program: set(key, value, { program })`);
    }
    const wanted: AttachType = store.type === "cpumap" ? "xdp_cpumap" : "xdp_devmap";
    const number = program.spec.attachType === wanted ? this.#home.programs.numberFor(store, program) : 0;
    if (number !== 0) return number;
    const section = wanted.replace("_", "/");
    throw this.#invalid(
      `expected a program of this engine with SEC("${section}"), found ${program.name} (${program.spec.section})`,
    );
  }

  #invalid(why: string): MapError {
    return new MapError(this.name, "invalid", `${this.name}: ${why}`);
  }
}

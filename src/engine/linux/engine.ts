/** The Linux engine: the kernel, through `bpf(2)`. */

import type { Spec } from "../../object/spec.ts";
import type { AnyModule, Engine, LoadOptions } from "../engine.ts";
import { FeatureError } from "../errors.ts";
import { withVariables } from "../variables.ts";
import { LinuxCollection } from "./collection.ts";
import { DescriptorLedger } from "./descriptors.ts";
import { type Facts, MACHINE, possibleCpus } from "./facts.ts";
import type { Kernel } from "./kernel.ts";
import { KernelTypes } from "./kernel-types.ts";
import type { LinuxLink } from "./links/link.ts";
import type { LinkPlace } from "./links/open-link.ts";
import type { MapPlace, OpenedMap } from "./maps/open-map.ts";
import type { ProgramPlace } from "./programs/open-program.ts";
import type { LinuxProgram } from "./programs/program.ts";
import { RefusedProgram } from "./programs/refused.ts";
import { openNative } from "./sys/native.ts";
import type { Transport } from "./sys/transport.ts";

export type { MapAccess, MapPlace, OpenedMap } from "./maps/open-map.ts";
export { type Probe, probeLinux } from "./probe.ts";

/**
 * Nothing is asked of the kernel until something is loaded, so this succeeds without privileges too: `probeLinux` says what would
 * come of it.
 * @throws FeatureError where there is no Linux, or no native code for this processor.
 */
export async function openLinux(): Promise<LinuxEngine> {
  return new LinuxEngine(await openNative(), MACHINE);
}

export class LinuxEngine implements Engine {
  readonly kind = "linux";
  readonly cpus: number;
  readonly #kernel: Kernel;
  readonly #ledger: DescriptorLedger;
  readonly #collections = new Set<AsyncDisposable>();
  readonly #opened = new Set<OpenedMap>();
  readonly #programs = new Set<LinuxProgram>();
  #closed = false;

  /** For `openLinux`, and for tests with a transport of their own. */
  constructor(transport: Transport, facts: Facts) {
    this.cpus = possibleCpus(facts);
    this.#ledger = new DescriptorLedger(transport);
    this.#kernel = { transport, ledger: this.#ledger, facts, types: new KernelTypes(facts), cpus: this.cpus };
  }

  async load<Module = AnyModule>(spec: Spec, options: LoadOptions<Module> = {}): Promise<LinuxCollection<Module>> {
    if (this.#closed) throw new FeatureError("engine", null, `${spec.name}: the engine was disposed`);
    try {
      const collection = LinuxCollection.load<Module>(this.#kernel, withVariables(spec, options.variables), options);
      this.#collections.add(collection);
      return collection;
    } catch (error) {
      throw error instanceof RefusedProgram ? (await import("./programs/refusal.ts")).verifierError(error) : error;
    }
  }

  /**
   * A map that somebody else made, by its number or by where it is pinned; its type is the kernel's. Dispose it when it is no longer needed.
   * @throws MapError `not-found`; PinError, PrivilegeError (numbers need CAP_SYS_ADMIN)
   */
  async openMap(place: MapPlace): Promise<OpenedMap> {
    if (this.#closed) throw new FeatureError("engine", null, "opening a map: the engine was disposed");
    const map = (await import("./maps/open-map.ts")).openMap(this.#kernel, place);
    for (const known of this.#opened) if (known.fd < 0) this.#opened.delete(known);
    this.#opened.add(map);
    return map;
  }

  /**
   * A link that somebody else made, or an earlier process: by where it is pinned, or its number. Disposing it leaves the program attached; `detach`
   * does not.
   * @throws PinError, AttachError, PrivilegeError (numbers need CAP_SYS_ADMIN)
   */
  async openLink(place: LinkPlace): Promise<LinuxLink> {
    if (this.#closed) throw new FeatureError("engine", null, "opening a link: the engine was disposed");
    return (await import("./links/open-link.ts")).openLink(this.#kernel, place);
  }

  /**
   * A program that somebody else loaded, by its number or by where it is pinned: to be run, attached or put into a map of programs. Dispose it
   * when it is no longer needed, with its links.
   * @throws NotFoundError, PinError, PrivilegeError (numbers need CAP_SYS_ADMIN); AttachError for a section of another type of program
   */
  async openProgram(place: ProgramPlace): Promise<LinuxProgram> {
    if (this.#closed) throw new FeatureError("engine", null, "opening a program: the engine was disposed");
    const program = (await import("./programs/open-program.ts")).openProgram(this.#kernel, place);
    for (const known of this.#programs) if (known.fd < 0) this.#programs.delete(known);
    this.#programs.add(program);
    return program;
  }

  /** Every descriptor that is open, and what it is: `12: map drops`. Empty once everything was disposed. */
  get descriptors(): readonly string[] {
    return this.#ledger.report();
  }

  /** Detaches every link, and closes every program and map that this engine made. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const collection of this.#collections) await collection[Symbol.asyncDispose]();
    this.#collections.clear();
    for (const map of this.#opened) map[Symbol.dispose]();
    this.#opened.clear();
    for (const program of this.#programs) await program.close();
    this.#programs.clear();
    this.#ledger.closeAll();
  }
}

/** The Linux engine: the kernel, through `bpf(2)`. */

import type { Spec } from "../../object/spec.ts";
import type { AnyModule, Collection, Engine, LoadOptions } from "../engine.ts";
import { FeatureError } from "../errors.ts";
import { withVariables } from "../variables.ts";
import { LinuxCollection } from "./collection.ts";
import { DescriptorLedger } from "./descriptors.ts";
import { type Facts, MACHINE, possibleCpus } from "./facts.ts";
import type { Kernel } from "./kernel.ts";
import { KernelTypes } from "./kernel-types.ts";
import type { Borrowed } from "./lend/borrow.ts";
import type { Lending, LendOptions } from "./lend/lend.ts";
import type { LinuxLink } from "./links/link.ts";
import type { LinkPlace } from "./links/open-link.ts";
import type { MapPlace, OpenedMap } from "./maps/open-map.ts";
import { inUserNamespace } from "./privileges.ts";
import type { ProgramPlace } from "./programs/open-program.ts";
import type { LinuxProgram } from "./programs/program.ts";
import { RefusedProgram } from "./programs/refused.ts";
import { OlderKernelNeeded } from "./programs/types.ts";
import { atLeast } from "./release.ts";
import { openNative } from "./sys/native.ts";
import type { Transport } from "./sys/transport.ts";

export type { MapAccess, MapPlace, OpenedMap } from "./maps/open-map.ts";
export { type Probe, probeLinux } from "./probe.ts";
export type { ProgramPlace } from "./programs/open-program.ts";

/**
 * Nothing is asked of the kernel until something is loaded, so this succeeds without privileges too: `probeLinux` says what would
 * come of it.
 * @throws FeatureError where there is no Linux, or no native code for this processor.
 */
export async function openLinux(options: LinuxOptions = {}): Promise<LinuxEngine> {
  return new LinuxEngine(await openNative(), MACHINE, options);
}

export interface LinuxOptions {
  /**
   * In a user namespace: where the bpf file system is mounted that says what this process may do (a BPF token, since 6.9). Default: what
   * `LIBBPF_BPF_TOKEN_PATH` says, else /sys/fs/bpf, if that has one. Empty: no token. Whoever names a place insists on it.
   */
  readonly token?: string;
}

/** Kernels before this one need something done otherwise (older/). */
const OLD = "5.11";

export class LinuxEngine implements Engine {
  readonly kind = "linux";
  readonly cpus: number;
  readonly #kernel: Kernel;
  readonly #ledger: DescriptorLedger;
  readonly #collections = new Set<AsyncDisposable>();
  readonly #opened = new Set<OpenedMap>();
  readonly #programs = new Set<LinuxProgram>();
  readonly #options: LinuxOptions;
  #prepared: Promise<void> | null = null;
  readonly #lent = new Set<Lending>();
  #closed = false;

  /** For `openLinux`, and for tests with a transport of their own. */
  constructor(transport: Transport, facts: Facts, options: LinuxOptions = {}) {
    this.#options = options;
    this.cpus = possibleCpus(facts);
    this.#ledger = new DescriptorLedger(transport);
    this.#kernel = { transport, ledger: this.#ledger, facts, types: new KernelTypes(facts), cpus: this.cpus };
  }

  async load<Module = AnyModule>(spec: Spec, options: LoadOptions<Module> = {}): Promise<LinuxCollection<Module>> {
    this.#mustBeOpen(spec.name);
    await (this.#prepared ??= this.#prepare());
    try {
      const { structOps } = options;
      if (spec.maps.some(({ pinning }) => pinning === "name")) this.#kernel.pinned ??= await import("./maps/pinned.ts");
      const fitted = structOps === undefined ? spec : (await import("./maps/interfaces.ts")).withInterfaces(spec, structOps);
      return await this.#loadInto(withVariables(fitted, options.variables), options);
    } catch (error) {
      throw error instanceof RefusedProgram ? (await import("./programs/refusal.ts")).verifierError(error) : error;
    }
  }

  async #loadInto<Module>(spec: Spec, options: LoadOptions<Module>): Promise<LinuxCollection<Module>> {
    try {
      return this.#load(spec, options);
    } catch (error) {
      if (!(error instanceof OlderKernelNeeded)) throw error;
      this.#kernel.older = (await import("./older/older-kernel.ts")).OLDER;
      return this.#load(spec, options);
    }
  }

  /** The engine may have been disposed while something was read: what is made now, nobody would close. */
  #load<Module>(spec: Spec, options: LoadOptions<Module>): LinuxCollection<Module> {
    this.#mustBeOpen(spec.name);
    const collection = LinuxCollection.load<Module>(this.#kernel, spec, options);
    this.#collections.add(collection);
    return collection;
  }

  #mustBeOpen(what: string): void {
    if (this.#closed) throw new FeatureError("engine", null, `${what}: the engine was disposed`);
  }

  /** Once, before something is loaded: what is done otherwise on an old kernel, and a token in a user namespace. */
  async #prepare(): Promise<void> {
    const { facts } = this.#kernel;
    if (!atLeast(facts.release, OLD)) this.#kernel.older = (await import("./older/older-kernel.ts")).OLDER;
    const path = this.#options.token ?? process.env["LIBBPF_BPF_TOKEN_PATH"];
    if (path === "" || (path === undefined && !inUserNamespace(facts))) return;
    const token = (await import("./token.ts")).openToken(this.#kernel, path);
    if (token !== null) this.#kernel.token = token;
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

  /**
   * Hands descriptors of what this engine has to other processes of one user, who need no capability then: maps, links, and programs if they
   * are wanted. They ask for them by `borrow`.
   * @throws LendError; WriteError for a Spec that no object file can hold
   */
  async lend(collection: Collection, options: LendOptions): Promise<Lending> {
    if (this.#closed) throw new FeatureError("engine", null, "lending: the engine was disposed");
    const lending = await (await import("./lend/lend.ts")).lend(this.#kernel, collection, options);
    this.#lent.add(lending);
    return lending;
  }

  /**
   * What another process lends at a socket: maps to read and write, buffers, variables, links to hold and to detach. Needs no capability; of
   * kernels before 5.19 with `kernel.unprivileged_bpf_disabled` only what is mapped as memory can be used.
   * @throws LendError
   */
  async borrow(path: string): Promise<Borrowed> {
    if (this.#closed) throw new FeatureError("engine", null, "borrowing: the engine was disposed");
    const [{ borrowFrom }, { openUnixSockets }] = await Promise.all([import("./lend/borrow.ts"), import("./sys/unix-socket.ts")]);
    const borrowed = await borrowFrom(this.#kernel, await openUnixSockets(), path);
    this.#collections.add(borrowed.collection);
    return borrowed;
  }

  /** Every descriptor that is open, and what it is: `12: map drops`. Empty once everything was disposed. */
  get descriptors(): readonly string[] {
    return this.#ledger.report();
  }

  /** Detaches every link, and closes every program and map that this engine made. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const lending of this.#lent) lending[Symbol.dispose]();
    for (const collection of this.#collections) await collection[Symbol.asyncDispose]();
    this.#collections.clear();
    for (const map of this.#opened) map[Symbol.dispose]();
    this.#opened.clear();
    for (const program of this.#programs) await program.close();
    this.#programs.clear();
    this.#ledger.closeAll();
  }
}

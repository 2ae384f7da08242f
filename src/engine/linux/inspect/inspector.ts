/** What is in the kernel that runs here: everything that bpftool shows, as data. */

import type { Btf } from "../../../btf/btf.ts";
import { FeatureError, NotFoundError, PrivilegeError } from "../../errors.ts";
import type { LinkInfo } from "../../link-info.ts";
import { DescriptorLedger } from "../descriptors.ts";
import { type Facts, MACHINE, possibleCpus } from "../facts.ts";
import type { Kernel } from "../kernel.ts";
import { KernelTypes } from "../kernel-types.ts";
import { linkInfo } from "../links/info.ts";
import type { OpenedMap } from "../maps/open-map.ts";
import { openTypes, readBtf } from "../objects/btf.ts";
import { eachObject, type ObjectKind } from "../objects/by-id.ts";
import { openNative } from "../sys/native.ts";
import { SystemError } from "../sys/system-error.ts";
import type { Transport } from "../sys/transport.ts";
import { type CgroupOptions, eachCgroupAttachment } from "./cgroups.ts";
import { readMachineCode, readTranslated } from "./code.ts";
import { findObjects, type ObjectReference, type Read, useObject } from "./find.ts";
import { eachHolder } from "./holders.ts";
import { KernelSymbols } from "./kernel-symbols.ts";
import { readMap } from "./map-info.ts";
import { eachNetworkAttachment, interfaces } from "./network.ts";
import { eachPerfAttachment } from "./perf-events.ts";
import { eachPin } from "./pins.ts";
import { readProgram } from "./program-info.ts";
import { enableStatistics, sampleLoads } from "./statistics.ts";
import type {
  BtfInfo,
  CgroupAttachment,
  LoadSample,
  MachineCode,
  MapInfo,
  MapReference,
  NetworkAttachment,
  ObjectHolder,
  PerfAttachment,
  PinnedObject,
  ProgramInfo,
  RingFill,
  TranslatedCode,
} from "./types.ts";

/** @throws FeatureError where there is no Linux, or no native code for this processor. */
export async function openInspector(): Promise<KernelInspector> {
  return new KernelInspector(await openNative(), MACHINE);
}

/**
 * Nothing but opened maps is kept open between two calls, so an object that it told of may be gone at the next: NotFoundError. Objects of other
 * processes are shown to whoever has CAP_SYS_ADMIN, and to nobody else; what this process holds itself (`program(loaded)`), or can open by a pin,
 * to everybody.
 */
export class KernelInspector implements Disposable {
  readonly #kernel: Kernel;
  readonly #symbols: KernelSymbols;
  readonly #program: Read<ProgramInfo> = (descriptor) => readProgram(this.#kernel, descriptor);
  readonly #btf: Read<BtfInfo> = (descriptor) => readBtf(this.#kernel, descriptor);
  readonly #link: Read<LinkInfo> = ({ fd }) => linkInfo(this.#kernel, fd);
  readonly #map: Read<MapInfo> = (descriptor) => readMap(this.#kernel, descriptor);

  /** For `inspectKernel`, and for tests with a transport of their own. */
  constructor(transport: Transport, facts: Facts) {
    const ledger = new DescriptorLedger(transport);
    this.#kernel = { transport, ledger, facts, types: new KernelTypes(facts), cpus: possibleCpus(facts) };
    this.#symbols = new KernelSymbols(facts);
  }

  /**
   * Programs: all, or those that a reference means.
   * @throws NotFoundError for a reference that means none; PrivilegeError; FeatureError before Linux 4.13
   */
  programs(which?: ObjectReference): ProgramInfo[] {
    return this.#list("program", which, this.#program);
  }

  /** The one that a reference means. @throws NotFoundError also when several have that name; PrivilegeError */
  program(which: ObjectReference): ProgramInfo {
    return useObject(this.#kernel, "program", which, this.#program, this.#program);
  }

  /** Maps: all, or those that a reference means. @throws NotFoundError, PrivilegeError; FeatureError before Linux 4.13 */
  maps(which?: ObjectReference): MapInfo[] {
    return this.#list("map", which, this.#map);
  }

  /** The one that a reference means. @throws NotFoundError also when several have that name; PrivilegeError */
  map(which: ObjectReference): MapInfo {
    return useObject(this.#kernel, "map", which, this.#map, this.#map);
  }

  /**
   * Links, by which programs are attached: all, or the one that a reference means (they have no names). `type` says what else there is to know.
   * @throws NotFoundError, PrivilegeError; FeatureError before Linux 5.8
   */
  links(which?: ObjectReference): LinkInfo[] {
    return this.#list("link", which, this.#link);
  }

  /** The one that a reference means. @throws NotFoundError, PrivilegeError */
  link(which: ObjectReference): LinkInfo {
    return useObject(this.#kernel, "link", which, this.#link, this.#link);
  }

  /**
   * A map's contents, typed by the types that it was made with; bytes where there are none. It can be read, not written, but for a map in
   * hand. Dispose it.
   * @throws NotFoundError, PrivilegeError; FeatureError for a type of map that is newer than Skep
   */
  async openMap(which: ObjectReference): Promise<OpenedMap> {
    const { openedMap } = await import("../maps/open-map.ts");
    return useObject(this.#kernel, "map", which, this.#map, ({ fd }) => {
      const own = this.#kernel.transport.duplicate(fd);
      if (own < 0) throw new SystemError("fcntl(F_DUPFD_CLOEXEC)", -own);
      return openedMap(this.#kernel, this.#kernel.ledger.adopt(own, "map to be read"));
    });
  }

  /**
   * What is in a map of programs or of maps, by key: the kernel's numbers of them, which `program` and `map` take.
   * @throws NotFoundError, PrivilegeError; MapError `unsupported` for maps of other kinds
   */
  async references(which: ObjectReference): Promise<MapReference[]> {
    const { readReferences } = await import("./references.ts");
    using map = await this.openMap(which);
    return readReferences(map);
  }

  /** How full a ring buffer is; it is not read. @throws NotFoundError, PrivilegeError; MapError `unsupported` for maps of other kinds */
  async ringFill(which: ObjectReference): Promise<RingFill> {
    const [{ readRingFill }, { openMap }] = await Promise.all([import("./ring-fill.ts"), import("../maps/open-map.ts")]);
    if (typeof which === "object") {
      using own = await this.openMap(which);
      return readRingFill(own);
    }
    // Kernels share memory with who may write it, and with nobody else: it is opened as its owner has it, and mapped to be read.
    const isPath = typeof which === "string" && which.startsWith("/");
    using map = openMap(this.#kernel, isPath ? { path: which } : { id: this.map(which).id });
    return readRingFill(map);
  }

  /**
   * What a program says of itself: constants of its source that begin with `bpf_metadata_`, by the rest of their names. Libbpf and bpftool know the
   * same.
   * @throws NotFoundError, PrivilegeError
   */
  async metadata(program: ObjectReference): Promise<Readonly<Record<string, unknown>>> {
    const { mayHaveMetadata, metadataOf } = await import("./metadata.ts");
    const found: Record<string, unknown> = {};
    for (const id of this.program(program).maps) {
      if (!this.#mapsThere(id).some(mayHaveMetadata)) continue;
      using opened = await this.openMap(id);
      Object.assign(found, metadataOf(opened));
    }
    return found;
  }

  /** Types that were loaded with programs, the kernel's own and its modules'. @throws NotFoundError, PrivilegeError; FeatureError before Linux 5.4 */
  btfs(which?: ObjectReference): BtfInfo[] {
    return this.#list("btf", which, this.#btf);
  }

  /** The one that a reference means. @throws NotFoundError also when several have that name; PrivilegeError */
  btf(which: ObjectReference): BtfInfo {
    return useObject(this.#kernel, "btf", which, this.#btf, this.#btf);
  }

  /** The types themselves, of modules on top of the kernel's. @throws NotFoundError, PrivilegeError, BtfError */
  types(id: number): Btf {
    const types = openTypes(this.#kernel, id);
    if (types === null) throw new NotFoundError("btf", id, `there is no BTF object ${id}`);
    return types;
  }

  /**
   * Instructions as the verifier left them. Null when this process may not see them.
   * @throws NotFoundError, PrivilegeError
   */
  translated(program: ObjectReference): TranslatedCode | null {
    return useObject(this.#kernel, "program", program, this.#program, ({ fd }) =>
      readTranslated(this.#kernel, this.#symbols, fd),
    );
  }

  /** Machine code. Null when the program has none (an interpreter runs it), or this process may not see it. @throws NotFoundError, PrivilegeError */
  machineCode(program: ObjectReference): MachineCode | null {
    return useObject(this.#kernel, "program", program, this.#program, ({ fd }) => readMachineCode(this.#kernel, fd));
  }

  /** What the kernel has at exactly that address, by /proc/kallsyms; null for nothing, or where it hides addresses. */
  symbolAt(address: bigint): string | null {
    return this.#symbols.nameAt(address);
  }

  /**
   * Has the kernel count runs of all programs and their time (`ProgramInfo.statistics`) until it is disposed, or this process ends. It costs every
   * run of every program two readings of the clock. Since Linux 5.8.
   * @throws PrivilegeError without CAP_SYS_ADMIN; FeatureError
   */
  enableStatistics(): Disposable {
    return enableStatistics(this.#kernel);
  }

  /**
   * What programs did, again and again, the busiest first: `for await (const { programs } of kernel.loads())`. The kernel counts from the first to
   * the last, and no longer.
   * @param options `interval`: milliseconds, default 1000; `signal` ends it
   * @throws PrivilegeError without CAP_SYS_ADMIN; FeatureError before Linux 5.8
   */
  loads({
    interval = 1000,
    signal,
  }: {
    readonly interval?: number;
    readonly signal?: AbortSignal;
  } = {}): AsyncGenerator<LoadSample, undefined, undefined> {
    return sampleLoads(this.#kernel, interval, signal);
  }

  /**
   * What is attached to the interfaces of this process's network namespace, and to the namespace: XDP, tc, tcx, netkit, flow dissector, socket lookup.
   * And netfilter, of all namespaces. Of another namespace, in a process there: `nsenter --net=…`.
   * @throws PrivilegeError without CAP_NET_ADMIN
   */
  network(): NetworkAttachment[] {
    return [...eachNetworkAttachment(this.#kernel, this.#linksIfShown())];
  }

  /** The interfaces of this process's network namespace: names for the numbers that links and programs tell. */
  interfaces(): { readonly name: string; readonly index: number }[] {
    return interfaces(this.#kernel);
  }

  /**
   * What is attached to a control group of version 2 and to all below it. `options.effective`: what runs for them, from groups above, too;
   * `options.alone`: of the group itself.
   * @param path `/web`, or its folder; default: all groups
   * @throws NotFoundError, PrivilegeError without CAP_NET_ADMIN
   */
  cgroups(path = "/", options: CgroupOptions = {}): CgroupAttachment[] {
    return [...eachCgroupAttachment(this.#kernel, path, options)];
  }

  /** What processes have on perf events and raw tracepoints by their descriptors. (By links: `links`.) @throws PrivilegeError without CAP_SYS_ADMIN */
  perfEvents(): PerfAttachment[] {
    return [...eachPerfAttachment(this.#kernel)];
  }

  /** All names in the bpf file systems that are mounted here, but those that this process may not open. */
  pins(): PinnedObject[] {
    return [...eachPin(this.#kernel)];
  }

  /** Descriptors that processes hold of programs, maps, links and types: of all processes for root, else of one's own. */
  holders(): ObjectHolder[] {
    return [...eachHolder(this.#kernel.facts)];
  }

  /** Descriptors that are open: those of maps that were opened, and no others between two calls. */
  get descriptors(): readonly string[] {
    return this.#kernel.ledger.report();
  }

  [Symbol.dispose](): void {
    this.#kernel.ledger.closeAll();
  }

  /** None when it went meanwhile. */
  #mapsThere(id: number): MapInfo[] {
    try {
      return this.maps(id);
    } catch (error) {
      if (error instanceof NotFoundError) return [];
      throw error;
    }
  }

  /** None where this process, or this kernel (before 5.8), does not see them. */
  #linksIfShown(): LinkInfo[] {
    try {
      return this.links();
    } catch (error) {
      if (error instanceof PrivilegeError || error instanceof FeatureError) return [];
      throw error;
    }
  }

  #list<Info extends { readonly id: number; readonly name?: string }>(
    kind: ObjectKind,
    which: ObjectReference | undefined,
    read: Read<Info>,
  ): Info[] {
    return which === undefined ? [...eachObject(this.#kernel, kind, read)] : findObjects(this.#kernel, kind, which, read);
  }
}

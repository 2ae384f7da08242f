/** Names for where links are attached: what the kernel numbers (interfaces, control groups, types, addresses), as people call it. */

import { readdirSync, statSync } from "node:fs";
import type { LinkInfo, PerfEvent } from "../../engine/link-info.ts";
import { cgroupRoot } from "../../engine/linux/cgroups.ts";
import { MACHINE } from "../../engine/linux/facts.ts";
import type { KernelInspector } from "../../engine/linux/inspect/inspector.ts";
import { PERF_EVENTS } from "../../engine/linux/links/perf-attribute.ts";
import { counted } from "../terminal.ts";

/** Functions and places of a link that are named before "and more". */
const SOME = 3;

export class Places {
  readonly #kernel: KernelInspector;
  #interfaces: ReadonlyMap<number, string> | null = null;
  #cgroups: ReadonlyMap<bigint, string> | null = null;

  constructor(kernel: KernelInspector) {
    this.#kernel = kernel;
  }

  /** `xdp on veth0`, `cgroup_inet4_connect on /web`. */
  describe(link: LinkInfo): string {
    switch (link.type) {
      case "raw_tracepoint":
        return `raw tracepoint ${link.tracepoint}`;
      case "tracing":
        return `${link.attachType} ${this.#target(link.target)}`;
      case "cgroup":
        return `${link.attachType} on ${this.cgroup(link.cgroup)}`;
      case "iter":
        return `iterator over ${link.target}${link.map === undefined ? "" : ` of map ${link.map}`}`;
      case "netns":
        return `${link.attachType} in ${link.namespace === 0 ? "a network namespace that is gone" : `network namespace ${link.namespace}`}`;
      case "xdp":
      case "tcx":
      case "netkit":
        return `${link.attachType} on ${this.interface(link.interface)}`;
      case "perf_event":
        return eventText(link.event);
      case "kprobe_multi":
        return `${link.returns ? "kretprobe" : "kprobe"} ${this.#functions(link.addresses)}`;
      case "uprobe_multi":
        return `${link.returns ? "uretprobe" : "uprobe"} ${placesText(link.offsets, (offset) => `${link.file}+0x${offset.toString(16)}`)}`;
      case "struct_ops":
        return `interface of map ${this.#map(link.map)}`;
      case "netfilter":
        return `netfilter ${link.family} ${link.hook}, priority ${link.priority}`;
      case "sockmap":
        return `${link.attachType} on map ${this.#map(link.map)}`;
      case "unknown":
        return `(a link of type ${link.number}, which is newer than this Skep)`;
    }
  }

  /** By its name in this network namespace; another one may have an interface of the same number. */
  interface(index: number): string {
    if (index === 0) return "an interface that is gone";
    this.#interfaces ??= new Map(
      tried(() => this.#kernel.interfaces())
        .flat()
        .map(({ index, name }) => [index, name]),
    );
    const name = this.#interfaces.get(index);
    return name === undefined ? `interface ${index}` : `interface ${index} (here ${name})`;
  }

  /** By its path below the root of the hierarchy. */
  cgroup(id: bigint): string {
    if (id === 0n) return "a control group that is gone";
    this.#cgroups ??= cgroupPaths();
    return this.#cgroups.get(id) ?? `control group ${id}`;
  }

  #target({ object, type }: { readonly object: number; readonly type: number }): string {
    // The kernel's own types, or those of the program that is replaced: its number is no BTF object's then.
    const [name] = tried(() => this.#kernel.types(object).name(type));
    return name === undefined || name === "" ? `type ${type} of ${object}` : name;
  }

  #functions(addresses: readonly bigint[]): string {
    return placesText(addresses, (address) => this.#kernel.symbolAt(address) ?? `0x${address.toString(16)}`);
  }

  #map(id: number): string {
    const [name] = tried(() => this.#kernel.map(id).name);
    return name === undefined || name === "" ? String(id) : `${name} (${id})`;
  }
}

function placesText(places: readonly bigint[], text: (place: bigint) => string): string {
  // Zeroes: the kernel shows no addresses.
  if (places.every((place) => place === 0n)) return `at ${counted(places.length, "place")}`;
  const more = places.length > SOME ? ` and ${places.length - SOME} more` : "";
  return places.slice(0, SOME).map(text).join(", ") + more;
}

function eventText(event: PerfEvent): string {
  switch (event.kind) {
    case "tracepoint":
      return `tracepoint ${event.name}`;
    case "kprobe":
    case "kretprobe":
      return `${event.kind} ${event.function}${event.offset === 0 ? "" : `+0x${event.offset.toString(16)}`}`;
    case "uprobe":
    case "uretprobe":
      return `${event.kind} ${event.file}+0x${event.offset.toString(16)}`;
    case "event":
      return `perf event ${eventName(event.event, event.config)}`;
    case "unknown":
      return "perf event (which, kernels tell since 6.6)";
  }
}

/** Clocks have types of their own since 6.5: the first two that kernel/events/core.c gives to those that bring none. */
const CLOCKS: Readonly<Record<number, string>> = { 6: "cpu-clock", 7: "task-clock" };

function eventName(type: number, config: bigint): string {
  const known = Object.entries(PERF_EVENTS).find(([, [own, number]]) => own === type && BigInt(number) === config);
  return known?.[0] ?? CLOCKS[type] ?? `${type}:${config}`;
}

/** Numbers of groups are the inodes of their folders. */
function cgroupPaths(): ReadonlyMap<bigint, string> {
  const paths = new Map<bigint, string>();
  const root = cgroupRoot({ facts: MACHINE });
  const walk = (path: string): void => {
    const folder = `${root}${path}`;
    for (const { ino } of tried(() => statSync(folder, { bigint: true }))) paths.set(ino, path === "" ? "/" : path);
    for (const entry of tried(() => readdirSync(folder, { withFileTypes: true })).flat())
      if (entry.isDirectory()) walk(`${path}/${entry.name}`);
  };
  if (root !== null) walk("");
  return paths;
}

/** Nothing when it is gone, or not for this process. */
function tried<Value>(look: () => Value): Value[] {
  try {
    return [look()];
  } catch {
    return [];
  }
}

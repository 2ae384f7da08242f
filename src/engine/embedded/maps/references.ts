/**
 * Arrays of references: BPF_MAP_TYPE_PROG_ARRAY, PERF_EVENT_ARRAY, CGROUP_ARRAY and ARRAY_OF_MAPS (kernel/bpf/arraymap.c), DEVMAP
 * (devmap.c), CPUMAP (cpumap.c), XSKMAP (net/xdp/xskmap.c), SOCKMAP and REUSEPORT_SOCKARRAY. Keys are indexes; an entry is there when
 * the first word of its value is not 0, and can be deleted.
 *
 *     prog_array                           u32   number of the program in the engine's table, from 1 on
 *     perf_event_array                     u32   address of the buffer (perf-events.ts)
 *     cgroup_array                         u32   id of the group
 *     sockmap, …                           u32   address of the object in the engine's room
 *     array_of_maps                        u32   address of the map's header
 *     devmap                               u32   interface's index; then, with 8 bytes, u32 number of the program
 *     cpumap                               u32   packets that may wait; then, with 8 bytes, u32 number of the program
 */

import type { MapSpec } from "../../../object/spec.ts";
import { E2BIG, EEXIST, EINVAL, ENOENT } from "./errno.ts";
import { BPF_ANY, BPF_EXIST, BPF_NOEXIST } from "./flags.ts";
import { type MapHome, MapStore } from "./store.ts";

/** What the kernel's redirect maps have in common, and its arrays of descriptors have not. */
const REDIRECTS: ReadonlySet<string> = new Set(["devmap", "cpumap", "xskmap"]);

export class ReferenceArray extends MapStore {
  readonly #redirects: boolean;

  constructor(spec: MapSpec, home: MapHome) {
    super(spec, home);
    this.#redirects = REDIRECTS.has(spec.type);
  }

  override get count(): number {
    let count = 0;
    for (let at = this.scan(0); at >= 0; at = this.scan(at + 1)) count++;
    return count;
  }

  /** The first word of the value at `index`: 0 when there is none. Hot. */
  referenceAt(index: number): number {
    if (index >>> 0 >= this.maxEntries) return 0;
    return this.words[this.valueAddress(index >>> 0, 0) >>> 2]!;
  }

  override find(key: number): number {
    const index = this.view.getUint32(key, true);
    return this.referenceAt(index) === 0 ? -1 : index;
  }

  override update(key: number, value: number, flags: number, _cpu: number): number {
    const index = this.view.getUint32(key, true);
    if (this.#redirects) {
      if (flags >>> 0 > BPF_EXIST) return -EINVAL;
      if (index >= this.maxEntries) return -E2BIG;
      if (flags === BPF_NOEXIST) return -EEXIST;
    } else {
      if (flags !== BPF_ANY) return -EINVAL;
      if (index >= this.maxEntries) return -E2BIG;
    }
    this.writeValue(this.valueAddress(index, 0), value);
    return 0;
  }

  override delete(key: number): number {
    const index = this.view.getUint32(key, true);
    if (index >= this.maxEntries) return this.#redirects ? -EINVAL : -E2BIG;
    const there = this.referenceAt(index) !== 0;
    if (there) this.zero(index);
    return there || this.#redirects ? 0 : -ENOENT;
  }

  override scan(from: number): number {
    for (let index = from; index < this.maxEntries; index++) if (this.referenceAt(index) !== 0) return index;
    return -1;
  }

  override keyAddress(element: number): number {
    this.view.setUint32(this.scratchKey, element, true);
    return this.scratchKey;
  }

  override clear(): void {
    this.memory.bytes.fill(0, this.values.start, this.values.end);
  }
}

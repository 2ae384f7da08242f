/** What iterators go through, by the name in their section (`iter/task`): Linux 6.18, kernel/bpf and kernel/trace. */

import { MAP_TYPE, type MapType } from "../../../uapi/map-types.ts";
import type { IterateOptions } from "../../engine.ts";
import type { MapStore } from "../maps/store.ts";
import { ancestorAt, type Cgroup } from "../room/cgroup-tree.ts";
import type { Process } from "../room/processes.ts";
import type { Room } from "../room/room.ts";
import { UserHandle } from "../user-maps/handle.ts";

/** What a program is shown when it runs. */
export interface Shown {
  /** Behind `meta` in its context: addresses, 0 for null. */
  readonly objects: readonly number[];
  /** The key of an entry, which takes the place of the second object, and the value's address and size: the third. */
  readonly entry?: { readonly key: Uint8Array; readonly value: number; readonly size: number };
}

/** Looks at an object, as it is then: what is made for it goes when the program has run. */
export type Show = () => Shown;

export interface Walk {
  /** One object after the other. */
  readonly objects: Iterator<Show, undefined>;
  /** At the end: no object. */
  readonly last: Show;
}

export interface IterationTarget {
  /** Options that mean something to it. */
  readonly options: readonly (keyof IterateOptions)[];
  /** @throws RangeError for what it cannot go through. */
  begin(room: Room, options: IterateOptions): Walk;
}

function* each<Item>(
  items: Iterable<Item>,
  isThere: (item: Item) => boolean,
  addressOf: (item: Item) => number,
): Generator<Show, undefined> {
  for (const item of items) if (isThere(item)) yield () => ({ objects: [addressOf(item)] });
}

const none: Show = () => ({ objects: [0] });

/** Threads by number; one that ended meanwhile is left out. */
const task: IterationTarget = {
  options: ["pid", "tid"],
  begin({ processes, kernel }, { pid, tid }) {
    const wanted = [...processes].filter(
      (one) => (pid === undefined || one.pid === pid) && (tid === undefined || one.tid === tid),
    );
    wanted.sort((a, b) => a.tid - b.tid);
    const isThere = (process: Process): boolean => processes.get(process.tid) === process;
    return { objects: each(wanted, isThere, (process) => kernel.taskOf(process)), last: none };
  },
};

/** `struct bpf_map`, for as long as the program runs. */
function mapObject({ kernel, maps }: Room, map: MapStore): number {
  const { name, keySize, valueSize, maxEntries, spec } = map;
  return kernel.fitting("bpf_map", {
    id: maps.idOf(map),
    name: name.slice(0, 15),
    map_type: MAP_TYPE[map.type],
    key_size: keySize,
    value_size: valueSize,
    max_entries: maxEntries,
    map_flags: spec.flags,
  }).address;
}

/** Maps in the order in which they were made. Programs read what they are from `struct bpf_map`: the room must have types. */
const bpfMap: IterationTarget = {
  options: [],
  begin(room) {
    const isThere = (map: MapStore): boolean => room.maps.at(map.handle) === map;
    return { objects: each([...room.maps.all()], isThere, (map) => mapObject(room, map)), last: none };
  },
};

const WITH_ENTRIES: ReadonlySet<MapType> = new Set<MapType>([
  "array",
  "percpu_array",
  "hash",
  "percpu_hash",
  "lru_hash",
  "lru_percpu_hash",
]);

/** Entries of an array or a hash; of per-CPU kinds a copy of the values of all CPUs, eight bytes aligned each. */
const bpfMapElem: IterationTarget = {
  options: ["map"],
  begin(room, { map }) {
    if (!(map instanceof UserHandle) || map.memory !== room.memory)
      throw new RangeError("iter/bpf_map_elem: say which map (map: collection.maps.counts), one of this engine");
    const store = map.storeToShare();
    if (!WITH_ENTRIES.has(store.type))
      throw new RangeError(`${store.name} is a ${store.type}: entries are gone through of ${[...WITH_ENTRIES].join(", ")}`);
    // Programs read what the map is from its type; without types there is nothing behind the address.
    const object = (): number => (room.kernel.types === null ? store.handle : mapObject(room, store));
    return { objects: elements(room, map, store, object), last: () => ({ objects: [object(), 0, 0] }) };
  },
};

function* elements({ memory }: Room, map: UserHandle, store: MapStore, object: () => number): Generator<() => Shown, undefined> {
  const { stride } = store.values;
  const copy = store.slots === 1 ? null : memory.allocate(stride * store.slots, "values of all CPUs", store.name);
  const show = (element: number) => (): Shown => {
    const at = store.keyAddress(element);
    const key = memory.bytes.slice(at, at + store.keySize);
    const objects = [object()];
    if (copy === null) return { objects, entry: { key, value: store.valueAddress(element, 0), size: store.valueSize } };
    for (let cpu = 0; cpu < store.slots; cpu++) {
      const from = store.valueAddress(element, cpu);
      memory.bytes.copyWithin(copy.start + cpu * stride, from, from + stride);
    }
    return { objects, entry: { key, value: copy.start, size: stride * store.slots } };
  };
  try {
    for (let element = store.scan(0); element >= 0; element = store.scan(element + 1)) {
      yield show(element);
      // Whoever reads may have disposed its collection meanwhile.
      map.storeToShare();
    }
  } finally {
    if (copy !== null) memory.release(copy);
  }
}

const cgroup: IterationTarget = {
  options: ["cgroup", "order"],
  begin({ cgroups, kernel }, { cgroup: path = "/", order = "down" }) {
    const start = cgroups.at(path);
    function* below(group: Cgroup, first: boolean): Generator<Cgroup> {
      if (first) yield group;
      for (const child of cgroups.childrenOf(group)) yield* below(child, first);
      if (!first) yield group;
    }
    function* above(): Generator<Cgroup> {
      for (let level = start.level; level >= 0; level--) {
        const group = ancestorAt(start, level);
        if (group !== null) yield group;
      }
    }
    const groups = order === "self" ? [start] : order === "up" ? above() : below(start, order === "down");
    const objects = each(
      groups,
      () => true,
      (group) => kernel.cgroupOf(group),
    );
    return { objects, last: none };
  },
};

const TARGETS: Readonly<Record<string, IterationTarget>> = { task, bpf_map: bpfMap, bpf_map_elem: bpfMapElem, cgroup };

export const TARGET_NAMES = Object.keys(TARGETS);

export const targetNamed = (name: string): IterationTarget | undefined =>
  Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;

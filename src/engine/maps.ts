/**
 * Maps as user space sees them: one interface a family of kinds, which both engines implement; what an engine cannot do with a kind is
 * a FeatureError. Keys and values are JavaScript values as the Spec's BTF describes them (`UserValue`), or `Uint8Array` when it
 * describes none. All operations are synchronous but those that wait for records.
 */

import type { MapDeclaration, UserValue } from "../object/module.ts";
import type { GlobalSpec, MapSpec, ProgramSpec } from "../object/spec.ts";
import type { MapType } from "../uapi/map-types.ts";

/** What can have a name in the bpf file system, where the engine is a kernel. */
export interface Pinnable {
  /**
   * Gives it a name, such as `/sys/fs/bpf/drops`: it lives until that is removed, whatever becomes of this process. Folders on the way are
   * made. The kernel alone has this (maps and programs since 4.4).
   * @throws PinError, PrivilegeError
   */
  pin?(path: string): Promise<void>;
  /** Removes a name; what it named lives on as long as somebody has it open or uses it. @throws PinError, PrivilegeError */
  unpin?(path: string): Promise<void>;
}

/** What maps of every kind have. */
export interface MapHandle extends Pinnable {
  readonly name: string;
  readonly spec: MapSpec;
  /**
   * User space may no longer write it, for good (`BPF_MAP_FREEZE`, Linux 5.2); programs still may, unless it was made with
   * `BPF_F_RDONLY_PROG`.
   * @throws MapError `busy` while a view of it is in use for writing
   */
  freeze(): void;
}

/** `BPF_ANY`, `BPF_NOEXIST`, `BPF_EXIST`. */
export type UpdateMode = "any" | "create" | "replace";

export interface LookupOptions {
  /** The value is read while its `bpf_spin_lock` is held (`BPF_F_LOCK`, Linux 5.1): all of it is of one moment. */
  readonly lock?: boolean;
}

export interface UpdateOptions {
  readonly mode?: UpdateMode;
  /** The value is written while its `bpf_spin_lock` is held (`BPF_F_LOCK`, Linux 5.1); the lock itself stays. */
  readonly lock?: boolean;
  /**
   * Of device and CPU maps whose values have 8 bytes (`struct bpf_devmap_val`, `bpf_cpumap_val`): the program that decides about the packets on
   * their way there, `SEC("xdp/devmap")` (Linux 5.8) or `SEC("xdp/cpumap")` (5.9).
   */
  readonly program?: ProgramHandle;
}

/** A map of keys and values, shaped like JavaScript's own `Map`. */
export interface BpfMap<Key = unknown, Value = unknown> extends MapHandle, Iterable<[Key, Value]> {
  /** @throws MapError `invalid` for `lock` where values have no lock; ValueError when the key does not fit its type. */
  get(key: Key, options?: LookupOptions): Value | undefined;
  has(key: Key): boolean;
  /**
   * Adds or replaces.
   * @throws MapError `full` (E2BIG), `not-found` (a key beyond an array), `exists`/`not-found` as `mode` demands;
   *   ValueError when key or value does not fit its type.
   */
  set(key: Key, value: Value, mode?: UpdateMode | UpdateOptions): void;
  /** True when the key was there. Array kinds cannot delete: MapError `unsupported`. */
  delete(key: Key): boolean;
  /** Reads and removes in one step, so that nothing is lost between (`BPF_MAP_LOOKUP_AND_DELETE_ELEM`; hashes: Linux 5.14). */
  take(key: Key): Value | undefined;
  /**
   * Sets one after the other and stops at the first that fails (`BPF_MAP_UPDATE_BATCH`, some thousand a call; with the modes `create` and
   * `replace` one by one).
   * @throws as `set`; what came before is set, and a MapError's `count` says how many that were.
   */
  setAll(entries: Iterable<readonly [Key, Value]>, mode?: UpdateMode | UpdateOptions): void;
  /** Removes what is there of these keys; how many that was (`BPF_MAP_DELETE_BATCH`, which stops at one that is missing). */
  deleteAll(keys: Iterable<Key>): number;
  /** Reads and removes every entry (`BPF_MAP_LOOKUP_AND_DELETE_BATCH`). */
  takeAll(): [Key, Value][];
  /** Removes every entry of a hash or trie; fills an array with zeroes. */
  clear(): void;
  /** Every entry once; entries added or removed meanwhile may or may not appear. Deleting the one just yielded is safe. */
  entries(): IterableIterator<[Key, Value]>;
  keys(): IterableIterator<Key>;
  values(): IterableIterator<Value>;
}

/** A per-CPU map: a value is an array, one element a CPU. `set` also takes one value, for every CPU. */
export interface PerCpuMap<Key = unknown, Value = unknown> extends BpfMap<Key, Value[]> {
  set(key: Key, value: Value | Value[], mode?: UpdateMode | UpdateOptions): void;
}

/**
 * One number of each of an array's values, as memory: what programs read and write, in one piece, without a call or a copy. 64-bit
 * integers are bigints, all others are numbers.
 */
export interface Column<Item extends number | bigint = number | bigint> {
  /** As many as the array has entries. */
  readonly length: number;
  /** @throws RangeError beyond the end; MapError `closed` */
  get(index: number): Item;
  /** The same as a number: exact up to 2^53, and twice as quick for 64-bit integers. */
  number(index: number): number;
  /** @throws the same; ValueError when it does not fit; MapError `unsupported` when user space may not write */
  set(index: number, value: Item): void;
}

/** The fields of a value that a column can be of. */
type NumberField<Value> = {
  [Field in keyof Value & string]: Value[Field] extends number | bigint ? Field : never;
}[keyof Value & string];

/** An array whose values are also one piece of memory. */
export interface ArrayMap<Value = unknown> extends BpfMap<number, Value> {
  /**
   * All values as bytes, each beginning at a multiple of 8: what programs read and write, not a copy. Valid until the collection is
   * disposed.
   * @throws MapError `unsupported` without `BPF_F_MMAPABLE` (0x400), or where user space may not write.
   */
  view(): Uint8Array;
  /**
   * One number of every value: the field of that name (`in.packets` of a struct in it), or the values themselves where they are numbers.
   * @throws MapError `unsupported` without `BPF_F_MMAPABLE` (0x400); ValueError when that is no number that lies as a machine wants it.
   */
  column(...field: Value extends number | bigint ? [] : never): Column<Value extends number | bigint ? Value : never>;
  column<Field extends NumberField<Value>>(field: Field): Column<Value[Field] extends number | bigint ? Value[Field] : never>;
  column(field?: string): Column;
}

/**
 * Whose local storage. In the kernel: a descriptor of a socket, a file, a process or a control group; what has one (a socket of `node:net` or
 * `node:dgram`, an open file); or a name: the path of a file, `{ pid }`, the path of a control group. In the embedded engine: the address of the
 * object in its room.
 */
export type StorageOwner = number | bigint | string | object;

/** A value for each socket, inode, task or control group, which goes away with it. Kernels walk over none of these. */
export type StorageMap<Value = unknown> = BpfMap<StorageOwner, Value>;

/** Sockets that programs redirect to. What is read of one is its cookie, where values have 8 bytes. Linux only. */
export interface SocketMap<Key = unknown, Value = unknown> extends BpfMap<Key, Value> {
  /** @param socket a descriptor, or a socket of `node:net` or `node:dgram`. */
  set(key: Key, socket: Value | object, mode?: UpdateMode | UpdateOptions): void;
  setAll(entries: Iterable<readonly [Key, Value | object]>, mode?: UpdateMode | UpdateOptions): void;
}

/** A queue or a stack. Since Linux 4.20. */
export interface QueueMap<Value = unknown> extends MapHandle {
  /** Values that are in it. */
  readonly length: number;
  /**
   * @param replace when it is full, drops the oldest value instead of throwing (`BPF_EXIST`).
   * @throws MapError `full`
   */
  push(value: Value, options?: { readonly replace?: boolean }): void;
  /** The oldest value of a queue, the newest of a stack; undefined when it is empty. */
  pop(): Value | undefined;
  /** The same, which stays. */
  peek(): Value | undefined;
  clear(): void;
}

/** A set that never forgets and sometimes errs on the side of "there". Since Linux 5.16. */
export interface BloomFilter<Value = unknown> extends MapHandle {
  add(value: Value): void;
  /** False: surely not. True: probably. */
  has(value: Value): boolean;
}

export interface RecordOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

export interface ReuseOptions {
  /** Every record is decoded into the same object, which is the callback's until it returns: only 64-bit numbers and texts are made anew. */
  readonly reuse?: boolean;
}

export interface ConsumeOptions extends RecordOptions, ReuseOptions {}

/**
 * Is shown a record where it lies, in the buffer: `length` bytes of `bytes` from `offset`, a multiple of 4, until it returns. `bytes` is the same
 * array from call to call, but for records that a buffer has in two parts; views of its `buffer` can be kept with it. The record makes room
 * afterwards, also when this throws. False ends it. Reading the same buffer meanwhile is a MapError `invalid`.
 */
export type Lease = (bytes: Uint8Array, offset: number, length: number) => boolean | void;

/** A buffer that programs write. A record of the type that the map declares is decoded; others are bytes, copied. */
interface RecordBuffer<Item, Leasing> extends MapHandle {
  /** Takes out what is there, oldest first, without waiting; stops after a callback that gives false. @returns how many records that was. */
  drain(each: (record: Item) => boolean | void, options?: ReuseOptions): number;
  /** The same without a copy: see `Lease`. */
  lease(each: Leasing): number;
  /**
   * Waits for records and calls back with each: the quickest way to have them decoded. Ends when the collection is disposed, the signal says so
   * or the callback gives false; rejects with what the callback throws. What it was not called for stays in the buffer.
   * @returns how many records that was.
   */
  consume(each: (record: Item) => boolean | void, options?: ConsumeOptions): Promise<number>;
  /** The same without a copy: the quickest of all. */
  consumeLeased(each: Leasing, options?: RecordOptions): Promise<number>;
  /**
   * Records that found no room since the map was made. Of ring buffers kernels count none: it is what the programs counted that the language compiled
   * (docs/linux.md), NaN where other programs may write, too.
   */
  readonly lost: number;
}

/** Since Linux 5.8. */
export interface RingBuffer<Item = unknown> extends RecordBuffer<Item, Lease> {
  /** Waits for records, each taken out as it is asked for. Ends when the collection is disposed or the signal says so. */
  records(options?: RecordOptions): AsyncIterableIterator<Item>;
  /** The same, up to 2,048 at a time, as many as are there: quicker, because each step of an asynchronous loop costs as much as several records. */
  batches(options?: RecordOptions): AsyncIterableIterator<Item[]>;
  /** Bytes that wait to be read, headers included. */
  readonly available: number;
}

/** A ring buffer that programs read. Since Linux 6.1. */
export interface UserRingBuffer<Item = unknown> extends MapHandle {
  /** Puts a record in. @throws MapError `full` when there is no room for it now. */
  submit(record: Item | Uint8Array): void;
  /**
   * The same, which waits for room: until programs have read enough, one record after the other in the order of the calls.
   * @throws MapError `full` for a record that never fits, `closed` when the collection is disposed meanwhile; what the signal says.
   */
  send(record: Item | Uint8Array, options?: RecordOptions): Promise<void>;
  /** Bytes that no program has read yet, headers included. */
  readonly available: number;
}

/** A record of a perf event array, and the CPU that wrote it. */
export interface PerfRecord<Item = unknown> {
  readonly cpu: number;
  readonly data: Item;
}

export interface PerfOptions extends RecordOptions {
  /** Size of each CPU's buffer: a power of two, at least 4,096 bytes; default 64 KiB. Counts the first time only. */
  readonly bytes?: number;
  /**
   * `time`: the oldest record of all CPUs is the next one, which costs a look at each buffer; records that are written while somebody looks may be a few
   * microseconds out of order. Default `cpu`: those of each CPU in their order. Counts the first time only. The kernel's alone.
   */
  readonly order?: "cpu" | "time";
}

/** Of a perf buffer: also which CPU wrote the record. What the kernel adds to make lengths multiples of 8 is part of `length`. */
export type PerfLease = (bytes: Uint8Array, offset: number, length: number, cpu: number) => boolean | void;

/** One buffer a CPU, oldest first of each; nothing is kept before the first of these calls opens them. Since Linux 4.3. */
export interface PerfEventArray<Item = unknown> extends RecordBuffer<PerfRecord<Item>, PerfLease> {
  /** Opens the buffers, so that programs' output is kept from now on. */
  open(options?: PerfOptions): void;
  /**
   * Puts a counter of each CPU in the place of its buffer: `cpu-cycles`, `instructions` …, which programs read (`bpf_perf_event_read`).
   * @throws MapError `invalid` when nobody counts that.
   */
  count(event: string): void;
  /** Waits for records. */
  records(options?: PerfOptions): AsyncIterableIterator<PerfRecord<Item>>;
  /** The same, up to 2,048 at a time. */
  batches(options?: PerfOptions): AsyncIterableIterator<PerfRecord<Item>[]>;
}

/** A program, as far as a map of programs knows it: `Program` of engine.ts. */
export interface ProgramHandle {
  readonly name: string;
  readonly spec: ProgramSpec;
}

/** Programs by index, for `bpf_tail_call`. Since Linux 4.2. */
export interface ProgramArray extends MapHandle {
  /** One of this engine; what others put in, `inspectKernel` tells (`references`). */
  get(index: number): ProgramHandle | undefined;
  /** @throws MapError `not-found` beyond the end, `invalid` for a program of another engine. */
  set(index: number, program: ProgramHandle): void;
  delete(index: number): boolean;
  clear(): void;
  entries(): IterableIterator<[number, ProgramHandle]>;
}

/** Control groups by index, for `bpf_current_task_under_cgroup`; user space cannot read it. Since Linux 4.8. */
export interface CgroupArray extends MapHandle {
  /** @param path in cgroup v2: `/web/api`. @throws MapError `not-found` beyond the end, `invalid` for what is no group. */
  set(index: number, path: string): void;
  delete(index: number): boolean;
  clear(): void;
}

/** Maps in a map. Since Linux 4.12. */
export interface MapOfMaps<Key = unknown, Inner = MapHandle> extends MapHandle {
  /** The map itself: as it was put in. */
  get(key: Key): Inner | undefined;
  /** @throws MapError `invalid` for a map that does not look like the inner map that was declared, `full`, `not-found`. */
  set(key: Key, map: MapHandle, mode?: UpdateMode): void;
  delete(key: Key): boolean;
  clear(): void;
  entries(): IterableIterator<[Key, Inner]>;
}

/** Memory that programs allocate pages of. Since Linux 6.9. */
export interface Arena extends MapHandle {
  /** Pages of 4,096 bytes that are allocated. */
  readonly pages: number;
  /** Where pointers into the arena begin: that of the first byte of `view()`, as programs see it. */
  readonly address: bigint;
  /** All of it, live: what programs read and write. In the kernel, touching a page that nobody allocated allocates it. */
  view(): Uint8Array;
  /**
   * The struct at an address, such as a variable or another struct holds it: `heap.getAt<Node>(head, "Node")`. Pointers in it are addresses, null is 0n.
   * @throws MapError `invalid` for an address outside of the arena, or a type that the program's types do not have.
   */
  getAt<Value = unknown>(address: bigint, type: string): UserValue<Value>;
  /** Writes one there. @throws MapError as `getAt`; ValueError when the value does not fit the type. */
  setAt<Value = unknown>(address: bigint, type: string, value: UserValue<Value>): void;
  /**
   * The structs of a list, from one up to that whose pointer to the next is null: `for (const node of heap.list<Node>(head, "Node", "next"))`.
   * @throws MapError as `getAt`, and for a list without an end.
   */
  list<Value = unknown>(first: bigint, type: string, next: string): IterableIterator<UserValue<Value>>;
}

/** An interface of the kernel that programs implement, such as `tcp_congestion_ops`. Since Linux 5.6. */
export interface StructOps extends MapHandle {
  /**
   * Hands it to the kernel, until the link is detached.
   * @throws AttachError when the kernel does not take it: a function is missing that it needs, or the name is taken.
   */
  attach(): Promise<StructOpsLink>;
}

/** A `Link` (engine.ts) of an interface. */
export interface StructOpsLink extends AsyncDisposable {
  readonly description: string;
  /** @throws FeatureError: kernels exchange no programs of an interface. */
  update(program: ProgramHandle): Promise<void>;
  detach(): Promise<void>;
}

/** Call chains by number: each an array of addresses, innermost first. Since Linux 4.6. */
export interface StackTraceMap extends MapHandle {
  get(id: number): bigint[] | undefined;
  /** Reads and removes in one step, so that its number is free (Linux 6.18). @throws MapError `unsupported` before */
  take(id: number): bigint[] | undefined;
  delete(id: number): boolean;
  clear(): void;
  entries(): IterableIterator<[number, bigint[]]>;
}

/** A variable of a loaded program. */
export interface Variable<Value = unknown> {
  readonly name: string;
  readonly spec: GlobalSpec;
  /** What it holds now. Programs may change it meanwhile: only numbers are read in one piece. */
  get(): Value;
  /**
   * @throws MapError `unsupported` for constants (`config`, tables): set those when loading, `load(spec, { variables: { target: 5 } })`;
   *   ValueError when the value does not fit the type.
   */
  set(value: Value): void;
}

/**
 * A map of a Spec whose types are not known to the type checker: what its kind does not do throws MapError `unsupported`. To have the
 * right methods and types, name them: `load<{ events: MapDeclaration<"ringbuf", unknown, Event> }>(spec)`.
 */
export type AnyMap = BpfMap &
  Omit<ArrayMap, keyof BpfMap> &
  Omit<QueueMap, keyof BpfMap> &
  Omit<BloomFilter, keyof BpfMap> &
  Omit<RingBuffer, keyof BpfMap> &
  Omit<UserRingBuffer, keyof BpfMap> &
  Omit<PerfEventArray, keyof BpfMap | keyof RingBuffer> &
  Omit<StructOps, keyof BpfMap> &
  Omit<Arena, keyof BpfMap | "view">;

/** Storage of a control group and a hook has keys of its own (`bpf_cgroup_storage_key`). */
type OwnedBy<Type extends MapType, Key, Value> = Type extends "cgroup_storage"
  ? BpfMap<UserValue<Key>, UserValue<Value>>
  : StorageMap<UserValue<Value>>;

type PerCpuType = Extract<MapType, `percpu_${string}` | "lru_percpu_hash">;

/** What a declared map is to user space. */
export type UserMapOf<Type extends MapType, Key, Value> = Type extends PerCpuType
  ? PerCpuMap<UserValue<Key>, UserValue<Value>>
  : Type extends "array"
    ? ArrayMap<UserValue<Value>>
    : Type extends `${string}_storage`
      ? OwnedBy<Type, Key, Value>
      : Type extends "queue" | "stack"
        ? QueueMap<UserValue<Value>>
        : Type extends "bloom_filter"
          ? BloomFilter<UserValue<Value>>
          : Type extends "ringbuf"
            ? RingBuffer<UserValue<Value>>
            : Type extends "user_ringbuf"
              ? UserRingBuffer<UserValue<Value>>
              : Type extends "perf_event_array"
                ? PerfEventArray<UserValue<Value>>
                : Type extends "prog_array"
                  ? ProgramArray
                  : Type extends "cgroup_array"
                    ? CgroupArray
                    : Type extends "array_of_maps" | "hash_of_maps"
                      ? MapOfMaps<UserValue<Key>, InnerOf<Value>>
                      : Type extends "sockmap" | "sockhash" | "xskmap" | "reuseport_sockarray"
                        ? SocketMap<UserValue<Key>, UserValue<Value>>
                        : Type extends "arena"
                          ? Arena
                          : Type extends "stack_trace"
                            ? StackTraceMap
                            : Type extends "struct_ops"
                              ? StructOps
                              : BpfMap<UserValue<Key>, UserValue<Value>>;

/** Of a map of maps: the value is the inner map's declaration. */
type InnerOf<Value> = Value extends MapDeclaration<infer Type, infer Key, infer Inner> ? UserMapOf<Type, Key, Inner> : MapHandle;

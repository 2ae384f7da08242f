/**
 * The interface that both engines implement: the kernel (`linux`) and WebAssembly (`embedded`). A tool written against it
 * runs in both; `test/contract/` is the suite that both pass.
 *
 * Life time: every handle is disposable. Disposing an engine disposes its collections, disposing a collection detaches
 * its links and frees its maps. Nothing detaches because of garbage collection.
 */

import type { IsVariable, MapDeclaration, ProgramDeclaration, UserValue } from "../object/module.ts";
import type { ProgramSpec, Spec } from "../object/spec.ts";
import type { ProgramType } from "../uapi/program-types.ts";
import type { AttachOptions, AttachOptionsOf } from "./attach-options.ts";
import type { LinkInfo } from "./link-info.ts";
import type { AnyMap, MapHandle, Pinnable, RecordOptions, UserMapOf, Variable } from "./maps.ts";

export type * from "./attach-options.ts";
export type * from "./link-info.ts";
export type * from "./maps.ts";

export interface Engine extends AsyncDisposable {
  readonly kind: "linux" | "embedded";
  /** Number of CPUs: the length of a per-CPU map's values. */
  readonly cpus: number;
  /**
   * Makes the maps and loads the programs of a Spec; all or nothing.
   * @throws VerifierError when a program is refused, MapError when a map cannot be made, FeatureError when this engine
   *   lacks something, PrivilegeError when this process may not.
   */
  load<Module = AnyModule>(spec: Spec, options?: LoadOptions<Module>): Promise<Collection<Module>>;
}

export interface LoadOptions<Module = AnyModule> {
  /** Load only these programs (all, when absent). */
  readonly programs?: readonly string[];
  /** Other sizes than declared: `{ drops: 1_000_000 }`. */
  readonly maxEntries?: Readonly<Record<string, number>>;
  /** Values of variables from the start, by name: the only way to set those of `config`. `{ target: 5 }` */
  readonly variables?: VariableValues<Module>;
  /** `ext` programs (`freplace/FUNCTION`): by their names, the programs whose functions they replace. Linux only (5.6). */
  readonly replaces?: Readonly<Record<string, Program>>;
  /**
   * Maps to go on with instead of making those of the same name, with what they hold: `reuse: old.maps`. Type, sizes, entries, flags and
   * the layout of keys and values must be the same; maps that the Spec does not declare are ignored. A map lives until the last
   * collection that uses it is disposed.
   */
  readonly reuse?: Readonly<Record<string, MapHandle>>;
  /**
   * Interfaces of the kernel (`structOps`), by name: `true` makes one that is made on request (`SEC("?.struct_ops")`), `false` leaves one out; an
   * object makes it with other members than the source says: values, names of programs, null for no program. Linux only (5.6).
   */
  readonly structOps?: Readonly<Record<string, boolean | Readonly<Record<string, unknown>>>>;
  /** Where maps are that are pinned by their names (`pinning: "name"`): a folder in a bpf file system. Default: /sys/fs/bpf. Linux only. */
  readonly pins?: string;
}

/** What a Spec became in an engine. `Module` is `typeof import("./x.bpf.ts")`, or nothing for unknown names. */
export interface Collection<Module = AnyModule> extends AsyncDisposable {
  readonly spec: Spec;
  readonly maps: MapsOf<Module>;
  readonly programs: ProgramsOf<Module>;
  /** Variables of the source by name: `variables.total.get()`. */
  readonly variables: VariablesOf<Module>;
  /**
   * Attaches all programs where their sections or the options say, and interfaces of the kernel; but not those that others call by a program
   * array, that device and CPU maps run, that are read (iterators) or run (syscall). All or nothing.
   * @param options of programs that need some: `{ firewall: { interface: "eth0" } }`.
   * @throws AttachError, FeatureError, PrivilegeError; RangeError for a name of no program
   */
  attach(options?: Readonly<Record<string, AttachOptions>>): Promise<Attachments>;
}

/** What `Collection.attach` attached. */
export interface Attachments extends AsyncDisposable {
  /** By the names of programs and interfaces. */
  readonly links: Readonly<Record<string, Link>>;
  /** All of it, what was attached last first. */
  detach(): Promise<void>;
}

/** `Type` is the program's, where the type checker knows it: it says what `attach` may be told. */
export interface Program<Type extends ProgramType = ProgramType> extends Pinnable {
  readonly name: string;
  readonly spec: ProgramSpec;
  /**
   * Runs the program once (or `repeat` times, each on a fresh copy of the input), attached to nothing: `BPF_PROG_TEST_RUN` in the
   * kernel.
   * @throws RangeError for an input that programs of this type do not take.
   */
  run(input?: RunInput): RunResult;
  /**
   * Attaches to a hook until the link is disposed: to the one that its section names, where the options say nothing.
   * @throws AttachError, FeatureError, PrivilegeError
   */
  attach(options?: AttachOptionsOf<Type>): Promise<Link>;
  /**
   * Of iterator programs (`iter/task`, `iter/bpf_map_elem` …) alone: goes through objects, and gives what the program writes of each
   * (`bpf_seq_printf`, `bpf_seq_write`). Nothing is attached before the first row is asked for, and nothing after the last. Since
   * Linux 5.8.
   */
  iterate?(options?: IterateOptions): Iteration;
  /**
   * Of the kernel alone: what a program tells, apart from its records. On `stdout` what it prints (`bpf_stream_vprintk`), on `stderr` also what the
   * kernel says of it: a loop that took too long, an access to an arena that failed, a lock that nobody gave back. Each holds 100,000 bytes; what
   * finds no room is dropped. Reading takes out, whoever reads. Since Linux 6.17.
   * @throws FeatureError when it is first read on an older kernel.
   */
  stream?(name: "stdout" | "stderr", options?: StreamOptions): ProgramStream;
}

/** Of `Program.stream`. */
export interface StreamOptions extends RecordOptions {
  /** Milliseconds between two looks: the kernel wakes nobody. Default 100. */
  readonly interval?: number;
}

/** Lines without their ends, as they come, until the signal says so or the collection is disposed. */
export interface ProgramStream extends AsyncIterable<string> {
  /** Takes out what is there now. */
  read(): string;
}

/** Which objects an iterator goes through; what its kind does not know is a RangeError. */
export interface IterateOptions {
  /** `iter/bpf_map_elem`, which needs one: the map whose entries it is about. */
  readonly map?: MapHandle;
  /** `iter/task`: the threads of that process alone (Linux 6.1). */
  readonly pid?: number;
  /** `iter/task`: that thread alone (Linux 6.1). */
  readonly tid?: number;
  /** `iter/cgroup` (Linux 6.1): where to begin; default `/`. */
  readonly cgroup?: string;
  /** `iter/cgroup`: the group itself, it and those above it, or it and those below it, parents first (default) or last. */
  readonly order?: "self" | "up" | "down" | "down-last";
}

/**
 * What an iterator program writes, as lines of text without their ends. Each loop goes through the objects anew.
 * @throws IterationError when what it writes of one object does not fit into the kernel's 32 KiB, or it asks for an object again and again
 *   (it returned 1); FaultError when the program is stopped; MapError `closed`.
 */
export interface Iteration extends AsyncIterable<string> {
  /** The same as bytes, in pieces of the reader's choice that never cut what was written of one object: for `bpf_seq_write`. */
  chunks(): AsyncIterableIterator<Uint8Array>;
}

export interface RunInput {
  /** For programs on packets: an Ethernet frame, at least 14 bytes. */
  readonly packet?: Uint8Array;
  /**
   * What the program finds in its context besides the packet: fields by name (`{ ingress_ifindex: 3, mark: 7 }`), or for programs on
   * events the bytes of the context itself; docs/events.md has the fields of each kind of event. Default: zeroes.
   */
  readonly context?: ContextInput;
  /** Default 1. */
  readonly repeat?: number;
}

export type ContextInput = Uint8Array | Readonly<Record<string, ContextValue>>;

/**
 * Numbers may be text, too (`"0x7ffd1a2b3c40"`); what has an address is a pointer to it. Booleans, text, addresses (`"10.0.0.1"`) and
 * objects of fields are for hooks of an application's own, as `run` of the hook takes them.
 */
export type ContextValue =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | { readonly address: number }
  | { readonly [field: string]: ContextValue }
  | readonly ContextValue[];

export interface RunResult {
  /** The program's return value, u32: for XDP one of `XDP_ABORTED` 0, `XDP_DROP` 1, `XDP_PASS` 2, `XDP_TX` 3, `XDP_REDIRECT` 4. */
  readonly verdict: number;
  /** The packet as the program left it; empty for programs that have none. */
  readonly packet: Uint8Array;
  /** The context as the program left it, for types whose context programs may write. */
  readonly context?: Uint8Array;
  /** Mean nanoseconds of one run, as the engine measured it. */
  readonly duration: number;
}

export interface Link extends AsyncDisposable {
  /** What it is attached to, for people: `xdp on veth0 (native)`. */
  readonly description: string;
  /**
   * Puts another program of the same type in this one's place, between two events: none is missed, none is seen by both.
   * @throws AttachError when it is of another type or another engine, or another one is there than `expected`; FeatureError where kernels
   *   exchange no programs.
   */
  update(program: Program, options?: LinkUpdate): Promise<void>;
  /** The program is there no more, also where the link is pinned. */
  detach(): Promise<void>;
  /**
   * Linux: what the kernel says of it, as `bpftool link` shows (5.8). Null where it knows no link: of classic tc filters, of programs on
   * sockets, of events before 5.15.
   */
  info?(): Promise<LinkInfo | null>;
  /**
   * Linux: gives it a name in a bpf file system (5.7). From then on the program stays attached when the link is disposed and when the process
   * ends, until the name is removed or `detach` is called. `LinuxEngine.openLink` opens it again.
   * @throws PinError, PrivilegeError; AttachError where the kernel knows no link, or it is several
   */
  pin?(path: string): Promise<void>;
}

export interface LinkUpdate {
  /** Only if that program is there now. Linux only. */
  readonly expected?: Program;
}

// ── from a module's type to a collection's ──────────────────────────────────────────────────────────────────────────

/** Stands for a module whose names are not known to the type checker. */
export interface AnyModule {
  readonly "~any": true;
}

export type MapsOf<Module> = Module extends AnyModule
  ? Readonly<Record<string, AnyMap>>
  : {
      readonly [Name in keyof Module as Module[Name] extends MapDeclaration ? Name : never]: Module[Name] extends MapDeclaration<
        infer Type,
        infer Key,
        infer Value
      >
        ? UserMapOf<Type, Key, Value>
        : never;
    };

export type ProgramsOf<Module> = Module extends AnyModule
  ? Readonly<Record<string, Program>>
  : {
      readonly [Name in keyof Module as Module[Name] extends ProgramDeclaration
        ? Name
        : never]: Module[Name] extends ProgramDeclaration<infer Type> ? Program<Type> : never;
    };

export type VariablesOf<Module> = Module extends AnyModule
  ? Readonly<Record<string, Variable>>
  : {
      readonly [Name in keyof Module as IsVariable<Module[Name]> extends true ? Name : never]: Variable<UserValue<Module[Name]>>;
    };

export type VariableValues<Module> = Module extends AnyModule
  ? Readonly<Record<string, unknown>>
  : { readonly [Name in keyof Module as IsVariable<Module[Name]> extends true ? Name : never]?: UserValue<Module[Name]> };

/**
 * The typed tree: what the checker makes of the syntax tree and the lowering turns into IR. Names are resolved, every
 * conversion is explicit, every operation has one meaning. Plain data.
 */

import type { HelperName } from "../../uapi/helpers.ts";
import type { AtomicOp, BinaryOp, Condition, Width } from "../ir/ir.ts";
import type { KernelFunction } from "./kernel/functions.ts";
import type { KernelInfo } from "./kernel/infos.ts";
import type { KernelIterator } from "./kernel/iterators.ts";
import type { KernelPath } from "./kernel/paths.ts";
import type { KernelState } from "./kernel/state.ts";
import type { KernelStored, KernelStruct } from "./kernel/structs.ts";
import type { KernelConfigs } from "./kernel/symbols.ts";
import type { MemberSignature } from "./kernel/targets.ts";
import type { Context } from "./library/contexts.ts";
import type { BitField, Header } from "./library/headers.ts";
import type { Printer } from "./library/helpers.ts";
import type { Hook } from "./library/hooks.ts";
import type { MapKind } from "./library/maps.ts";
import type { Span } from "./report.ts";
import type { ExternFunction } from "./scopes.ts";
import type {
  ArrayType,
  Field,
  IntType,
  KernelType,
  NetworkType,
  ReferenceType,
  ScalarType,
  StoredType,
  StructType,
  ValueType,
} from "./types.ts";

/** A whole source, checked. */
export interface Module {
  readonly license: string;
  readonly maps: readonly MapDeclaration[];
  /** Interfaces of the kernel that programs implement, those being among `programs`. */
  readonly structOps: readonly StructOpsDeclaration[];
  readonly programs: readonly ProgramDeclaration[];
  readonly globals: readonly GlobalDeclaration[];
  /** Functions of the application, whether they are called or not. */
  readonly externs: readonly ExternFunction[];
  /** What pointers into the arena lead to. */
  readonly pointed: readonly StoredType[];
  /** What of the kernel's types it uses. */
  readonly kernel: KernelState;
}

export interface MapDeclaration {
  readonly name: string;
  readonly kind: MapKind;
  /** Null in kinds without keys. */
  readonly key: StoredType | null;
  /** Of a buffer of records, their type; null in kinds whose values the program never sees. */
  readonly value: StoredType | null;
  readonly maxEntries: number;
  /** Creation flags, besides those of the kind. */
  readonly flags: number;
  /** Pinned under its name. */
  readonly pinned: boolean;
  readonly numaNode: number | null;
  /** `map_extra`: hash functions of a bloom filter, the address that an arena has in user space. */
  readonly extra: bigint | null;
  /** Of call chains: addresses at most. */
  readonly depth: number;
  /** Names of the programs, or maps, that it holds from the start, by index; null leaves one out. */
  readonly contents: { readonly kind: "programs" | "maps"; readonly names: readonly (string | null)[] } | null;
  /** Of maps of maps: what each of its maps looks like. */
  readonly inner: MapDeclaration | null;
  /** Of a map that was got from another one: its address. */
  readonly pointer?: Expression;
  readonly at: Span;
}

/** A map of keys and values, both of a type that the program sees. */
export interface KeyedMap extends MapDeclaration {
  readonly key: StoredType;
  readonly value: StoredType;
}

/** A variable of the whole file, or a table of constants. Compared by identity. */
export interface GlobalDeclaration {
  readonly name: string;
  /** `.addr_space.1`: in the arena. */
  readonly section: ".data" | ".bss" | ".rodata" | ".addr_space.1";
  readonly type: StoredType;
  /** What it holds from the start; null: zeroes. */
  readonly initial: Uint8Array | null;
  /** Exported: known by name outside. */
  readonly exported: boolean;
  /** Of a table, what it holds; null of variables, and of `config`, whose value is known when the program is loaded. */
  readonly value: Expression | null;
  readonly at: Span;
}

export interface ProgramDeclaration {
  readonly name: string;
  readonly hook: Hook;
  /** What the hook's first argument names. */
  readonly target: string | null;
  readonly context: ProgramContext;
  readonly body: FunctionDeclaration;
  readonly at: Span;
}

/** `structOps<tcp_congestion_ops>({ … })`: a struct of the kernel whose functions are programs. */
export interface StructOpsDeclaration {
  readonly name: string;
  readonly struct: KernelStruct;
  readonly functions: readonly {
    /** Of the struct's members. */
    readonly index: number;
    readonly signature: MemberSignature;
    readonly program: ProgramDeclaration;
  }[];
  /** Members that are no functions, as their bytes. */
  readonly values: readonly { readonly index: number; readonly bytes: Uint8Array }[];
  /** Attached by a link; else registered, and unregistered by hand. */
  readonly link: boolean;
  readonly at: Span;
}

/** What r1 points at when a program begins. */
export type ProgramContext =
  /** Of the kernel, with its rules. */
  | { readonly kind: "kernel"; readonly context: Context }
  /** Memory like any other. */
  | { readonly kind: "struct"; readonly struct: StructType }
  /** Words of 8 bytes. Its parameters are read at the start of the body. */
  | { readonly kind: "words" }
  /** Nothing that the program looks at. */
  | { readonly kind: "opaque" };

/** A function, checked once. */
export interface FunctionDeclaration {
  readonly name: string;
  /** Whether calls hold a copy of its body; `auto`: the compiler decides (lower/session.ts). */
  readonly inline: "always" | "auto" | "never";
  readonly parameters: readonly Local[];
  /** For each parameter the constant that it is when the argument is missing, or null. */
  readonly defaults: readonly (Expression | null)[];
  readonly result: ValueType;
  /** Parameters through which it, or what it calls, assigns. */
  readonly assigned: ReadonlySet<Local>;
  readonly body: readonly Statement[];
  readonly at: Span;
}

/** A function that a helper calls back. */
export interface Callback {
  /** Its parameters are those that the helper passes; what it captures are locals of the function around it. */
  readonly function: FunctionDeclaration;
  /** What the helper passes, register by register. */
  readonly passes: readonly Passed[];
  readonly captures: readonly Capture[];
}

export type Passed =
  | { readonly kind: "number"; readonly local: Local }
  /** The address of something; of a number the local gets the value. */
  | { readonly kind: "pointer"; readonly local: Local; readonly stored: StoredType }
  | { readonly kind: "kernel"; readonly local: Local }
  /** A dynptr, of which a copy is made. */
  | { readonly kind: "record"; readonly local: Local; readonly stored: StoredType }
  /** Where the captures are. */
  | { readonly kind: "environment" }
  | { readonly kind: "unused" };

export type SpecialArgument =
  | { readonly kind: "value"; readonly value: Expression }
  | { readonly kind: "map"; readonly map: MapDeclaration }
  | { readonly kind: "callback"; readonly callback: Callback };

/** Something that a callback uses and the function around it has. */
export interface Capture {
  /** In the callback; without a `value`, in the function around it as well. */
  readonly local: Local;
  readonly value: Expression | null;
  /** The callback assigns it. */
  readonly written: boolean;
}

/** A parameter, const or let. Compared by identity. */
export interface Local {
  readonly name: string;
  readonly type: ValueType;
  readonly mutable: boolean;
  /** It is a struct, array or address that was made for it, in the frame, at a multiple of 8. */
  readonly own: boolean;
  readonly at: Span;
}

interface Node {
  readonly at: Span;
}

// ── statements ──────────────────────────────────────────────────────────────────────────────────────────────────────

export type Statement =
  | (Node & { readonly kind: "declare"; readonly local: Local; readonly value: Expression })
  | (Node & { readonly kind: "assign"; readonly target: Place; readonly value: Expression })
  /** `target = target op value`, the target evaluated once; computed in `type` and wrapped to the target's. */
  | (Node & {
      readonly kind: "update";
      readonly target: Place;
      readonly op: BinaryOp;
      readonly type: IntType;
      readonly value: Expression;
    })
  | (Node & { readonly kind: "evaluate"; readonly value: Expression })
  | (Node & { readonly kind: "if"; readonly test: Expression; readonly then: Statement; readonly otherwise: Statement | null })
  /** `continue` goes to `update`, then to the test. `atEnd`: the body runs before the first test. */
  | (Node & {
      readonly kind: "loop";
      readonly target: JumpTarget;
      readonly initial: readonly Statement[];
      readonly test: Expression | null;
      readonly update: readonly Statement[];
      readonly body: Statement;
      readonly atEnd: boolean;
    })
  | (Node & {
      readonly kind: "switch";
      readonly target: JumpTarget;
      readonly value: Expression;
      readonly cases: readonly SwitchCase[];
    })
  /**
   * The body for each number from one up to another, however many there are. `end` is where that is constant: verifiers are to
   * know it of the number.
   */
  | (Node & {
      readonly kind: "iterate";
      readonly target: JumpTarget;
      readonly local: Local;
      readonly from: Expression;
      readonly to: Expression;
      readonly end: (Expression & { readonly kind: "constant" }) | null;
      readonly body: Statement;
    })
  /** The body for each thing that an iterator of the kernel gives. */
  | (Node & {
      readonly kind: "each";
      readonly target: JumpTarget;
      readonly local: Local;
      readonly iterator: KernelIterator;
      readonly arguments: readonly Expression[];
      readonly body: Statement;
    })
  | (Node & { readonly kind: "labelled"; readonly target: JumpTarget; readonly body: Statement })
  | (Node & { readonly kind: "break" | "continue"; readonly target: JumpTarget })
  | (Node & { readonly kind: "return"; readonly value: Expression | null })
  | (Node & { readonly kind: "block"; readonly body: readonly Statement[] });

export interface SwitchCase {
  /** Null for `default`. In the type of the switch's value, as the unsigned number of its width. */
  readonly value: bigint | null;
  /** Falls through to the next case unless it leaves. */
  readonly body: readonly Statement[];
}

/** What `break` and `continue` go to. Compared by identity. */
export interface JumpTarget {
  readonly label: string | null;
}

// ── places: what can be assigned ────────────────────────────────────────────────────────────────────────────────────

export type Place =
  | (Node & { readonly kind: "local"; readonly local: Local; readonly type: ValueType })
  | (Node & Member)
  | (Node & Bits)
  | (Node & Element)
  /** A number in an object of the kernel's that programs of some hooks may write. */
  | KernelField;

type KernelField = Node & {
  readonly kind: "kernel-field";
  readonly type: ValueType;
  readonly object: Expression;
  readonly path: KernelPath;
};

/** Bytes of what a reference points to. `type` is the value's, `stored` says how it lies there. */
interface Member {
  readonly kind: "member";
  readonly object: Expression;
  readonly offset: number;
  readonly stored: StoredType;
  readonly type: ScalarType | ReferenceType;
  /** Declared `readonly`, or in something that is. */
  readonly constant: boolean;
}

/** Some bits of a header's integer. */
interface Bits {
  readonly kind: "bits";
  readonly object: Expression;
  readonly field: BitField;
  readonly type: ScalarType;
  /** Declared `readonly`, or in something that is. */
  readonly constant?: boolean;
}

/** An element of an array; the index is proven to be inside. */
interface Element {
  readonly kind: "element";
  readonly object: Expression;
  readonly index: Expression;
  readonly array: ArrayType;
  readonly stored: StoredType;
  readonly type: ScalarType | ReferenceType;
  readonly constant: boolean;
}

/** `address`: what the format reads through a pointer; numbers are widened as their type says. */
export interface PrintArgument {
  readonly value: Expression;
  readonly by: "number" | "address";
}

/** How an argument of a helper is passed: `value` is what is computed. */
export type HelperArgument =
  | { readonly pass: "number" | "pointer" | "length"; readonly value: Expression }
  | { readonly pass: "map"; readonly map: MapDeclaration; readonly value: null }
  /** A key or a value of that map, by its address. `packet`: the helper reads what lies in the packet. */
  | {
      readonly pass: "stored";
      readonly stored: StoredType;
      readonly role: "key" | "value";
      readonly packet: boolean;
      readonly value: Expression;
    }
  /** Memory, by its address. `sized`: its size follows as the type says it, or is the next argument, or is not passed. */
  | {
      readonly pass: "bytes";
      readonly size: number;
      readonly sized: "type" | "next" | "no";
      readonly packet: boolean;
      readonly value: Expression;
    }
  /** No memory. */
  | { readonly pass: "null"; readonly sized: boolean; readonly value: null }
  /** The address of a text among the constants. */
  | { readonly pass: "text"; readonly text: string; readonly value: null };

// ── expressions ─────────────────────────────────────────────────────────────────────────────────────────────────────

export type Expression =
  /** As the unsigned value of its width; a bool is 0 or 1. */
  | (Node & { readonly kind: "constant"; readonly type: ScalarType; readonly value: bigint })
  /**
   * An integer constant without a type: exact, of any size; never reaches the lowering. `complement`: made by `~`, so a
   * negative one stands for its bits.
   */
  | (Node & {
      readonly kind: "literal";
      readonly type: ValueType & { kind: "literal" };
      readonly value: bigint;
      readonly complement: boolean;
    })
  /** The bytes of an address, known when compiling. */
  | (Node & { readonly kind: "bytes"; readonly type: ReferenceType; readonly bytes: Uint8Array })
  | (Node & { readonly kind: "null"; readonly type: ValueType })
  | (Node & { readonly kind: "local"; readonly type: ValueType; readonly local: Local })
  | (Node & Member)
  | (Node & Bits)
  | (Node & Element)
  /** The address of a variable. */
  | (Node & { readonly kind: "global"; readonly type: ReferenceType; readonly global: GlobalDeclaration })
  /** Between integers: wraps, or extends as the operand's sign says. From bool: 0 or 1. */
  | (Node & { readonly kind: "convert"; readonly type: IntType; readonly operand: Expression })
  /** Its bytes the other way round. */
  | (Node & { readonly kind: "network-order"; readonly type: IntType; readonly operand: Expression })
  /** An integer is not 0. */
  | (Node & { readonly kind: "truth"; readonly type: ScalarType; readonly operand: Expression })
  /** A number as a nullable number that is there. */
  | (Node & { readonly kind: "present"; readonly type: ValueType; readonly operand: Expression })
  | (Node & { readonly kind: "not"; readonly type: ScalarType; readonly operand: Expression })
  /** `Math.min`, `Math.max`: operands and result of one type. */
  | (Node & {
      readonly kind: "extreme";
      readonly type: IntType;
      readonly op: "min" | "max";
      readonly left: Expression;
      readonly right: Expression;
    })
  /** Operands and result of one type. */
  | (Node & {
      readonly kind: "binary";
      readonly type: IntType;
      readonly op: BinaryOp;
      readonly left: Expression;
      readonly right: Expression;
    })
  | (Node & {
      readonly kind: "compare";
      readonly type: ScalarType;
      readonly condition: Condition;
      readonly left: Expression;
      readonly right: Expression;
    })
  /** Whether two references see the same bytes. */
  | (Node & {
      readonly kind: "same-bytes";
      readonly type: ScalarType;
      readonly size: number;
      readonly negated: boolean;
      readonly left: Expression;
      readonly right: Expression;
    })
  /** Whether two texts are the same as far as their NULs; one ends within `size` bytes. */
  | (Node & {
      readonly kind: "same-text";
      readonly type: ScalarType;
      readonly size: number;
      readonly negated: boolean;
      readonly left: Expression;
      readonly right: Expression;
    })
  | (Node & { readonly kind: "is-null"; readonly type: ScalarType; readonly negated: boolean; readonly operand: Expression })
  | (Node & {
      readonly kind: "logical";
      readonly type: ScalarType;
      readonly op: "and" | "or";
      readonly left: Expression;
      readonly right: Expression;
    })
  | (Node & {
      readonly kind: "conditional";
      readonly type: ValueType;
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    })
  /** `left ?? right` */
  | (Node & { readonly kind: "coalesce"; readonly type: ValueType; readonly left: Expression; readonly right: Expression })
  /** A new struct in the frame: a value for each field, in the order of the source. */
  | (Node & {
      readonly kind: "struct";
      readonly type: ReferenceType;
      readonly struct: StructType;
      readonly fields: readonly { readonly field: Field; readonly value: Expression }[];
      /** `{ ...base, a: 1 }`: what the other fields are copied from. */
      readonly base?: Expression;
    })
  /** A new array in the frame. */
  | (Node & {
      readonly kind: "array";
      readonly type: ReferenceType;
      readonly array: ArrayType;
      readonly elements: readonly Expression[];
    })
  /** `object?.field`: `value` of `local`, which holds the object, or null when that is null. */
  | (Node & {
      readonly kind: "optional";
      readonly type: ValueType;
      readonly object: Expression;
      readonly local: Local;
      readonly value: Expression;
    })
  /** The object is not null, and `test` of `local`, which holds it, is true. */
  | (Node & {
      readonly kind: "holds";
      readonly type: ScalarType;
      readonly object: Expression;
      readonly local: Local;
      readonly test: Expression;
    })
  /** A new struct or array in the frame, all zeroes. */
  | (Node & { readonly kind: "zeroed"; readonly type: ReferenceType })
  /** A copy in the frame: what a name for an address is. */
  | (Node & { readonly kind: "copied"; readonly type: ReferenceType; readonly operand: Expression })
  | (Node & {
      readonly kind: "map-get" | "map-has" | "map-delete";
      readonly type: ValueType;
      readonly map: KeyedMap;
      readonly key: Expression;
      /** Of `getOn`: whose value. */
      readonly cpu?: Expression;
    })
  | (Node & {
      readonly kind: "map-set";
      readonly type: ValueType;
      readonly map: KeyedMap;
      readonly key: Expression;
      readonly value: Expression;
      readonly flags: Expression;
    })
  | (Node & {
      readonly kind: "map-increment";
      readonly type: ValueType;
      readonly map: KeyedMap;
      readonly key: Expression;
      readonly value: Expression;
    })
  /** A method of a map that is no table of keys: what it does is in `lower/map-calls.ts`. */
  | (Node & {
      readonly kind: "map-call";
      readonly type: ValueType;
      readonly map: MapDeclaration;
      readonly method: string;
      readonly arguments: readonly Expression[];
    })
  /** An atomic operation on an integer in memory, or an exchange of a pointer into the arena: the old value. */
  | (Node & {
      readonly kind: "atomic";
      readonly type: IntType | ReferenceType;
      readonly op: AtomicOp;
      readonly target: Extract<Place, { kind: "member" | "element" }>;
      readonly value: Expression;
      /** Of `compareExchange`. */
      readonly expected: Expression | null;
    })
  /**
   * `print(…)`: a format as bpf_trace_printk knows it, and what is put into it. With a `helper`, that writes it to `target`: the rows of an iterator, or
   * memory.
   */
  | (Node & {
      readonly kind: "print";
      readonly type: ValueType;
      readonly helper: Printer | null;
      readonly target: Expression | null;
      readonly format: string;
      readonly arguments: readonly PrintArgument[];
    })
  /** Whether the program may go on looping, as the kernel counts. */
  | (Node & { readonly kind: "can-loop"; readonly type: ScalarType })
  | (Node & {
      readonly kind: "helper";
      readonly type: ValueType;
      readonly helper: HelperName;
      readonly arguments: readonly HelperArgument[];
      /** The one that an argument names. */
      readonly map: MapDeclaration | null;
    })
  /** Of a helper that calls a function of the program. */
  | (Node & {
      readonly kind: "call-back";
      readonly type: IntType;
      readonly helper: HelperName;
      /** The first argument, or null for a number. */
      readonly map: MapDeclaration | null;
      readonly arguments: readonly Expression[];
      readonly callback: Callback;
    })
  /** Of something that the kernel keeps in a map's value, or in the frame, or of a section. */
  | (Node & {
      readonly kind: "special-call";
      readonly type: ValueType;
      readonly name: string;
      readonly callee: { readonly helper: HelperName } | { readonly kfunc: string };
      readonly arguments: readonly SpecialArgument[];
      /** The packet may lie elsewhere afterwards. */
      readonly moves?: boolean;
    })
  /** Of a function that the application has. */
  | (Node & {
      readonly kind: "extern";
      readonly type: IntType;
      readonly function: ExternFunction;
      readonly arguments: readonly Expression[];
    })
  | (Node & {
      readonly kind: "call";
      readonly type: ValueType;
      readonly function: FunctionDeclaration;
      readonly arguments: readonly Expression[];
    })
  /** A field of what a kernel pointer leads to; of a struct or array in it, its address. */
  | KernelField
  /** The pointer that a map's value holds; null, when it holds none. */
  | (Node & { readonly kind: "kptr-field"; readonly type: KernelType; readonly place: Expression })
  /** An element of an array in kernel memory; of a struct or array, its address. */
  | (Node & {
      readonly kind: "kernel-element";
      readonly type: ValueType;
      readonly object: Expression;
      readonly index: Expression;
      readonly stored: KernelStored;
    })
  /** The first `size` bytes of a place in kernel memory, as an array of ours; `cut`: of a text that is longer, and ends with a NUL all the same. */
  | (Node & {
      readonly kind: "kernel-copy";
      readonly type: ReferenceType;
      readonly operand: Expression;
      readonly size: number;
      readonly cut: boolean;
    })
  | (Node & {
      readonly kind: "kernel-call";
      readonly type: ValueType;
      readonly function: KernelFunction;
      readonly arguments: readonly Expression[];
    })
  /** The address of a function or variable of the kernel; 0 when it has none of that name. */
  | (Node & { readonly kind: "kernel-symbol"; readonly type: ValueType; readonly name: string })
  /** The address of a variable of which each CPU has one: of this CPU's, or of another's, if there is such. */
  | (Node & {
      readonly kind: "kernel-per-cpu";
      readonly type: KernelType;
      readonly helper: "bpf_this_cpu_ptr" | "bpf_per_cpu_ptr";
      readonly symbol: Expression;
      readonly cpu: Expression | null;
    })
  | (Node & { readonly kind: "kernel-config"; readonly type: ScalarType; readonly name: string; readonly configs: KernelConfigs })
  /** What the kernel that runs the program has: whether a field exists, how large a type is. */
  | (Node & { readonly kind: "kernel-info"; readonly type: ScalarType; readonly info: KernelInfo })
  /** An integer as an address in the kernel, or the other way round. */
  | (Node & { readonly kind: "kernel-cast"; readonly type: ValueType; readonly operand: Expression })
  /** The context or its packet: nothing at run time. */
  | (Node & { readonly kind: "context"; readonly type: ValueType })
  /** A pointer to something of the kernel's that lies in the context. */
  | (Node & { readonly kind: "context-pointer"; readonly type: KernelType; readonly offset: number })
  | (Node & { readonly kind: "packet-length"; readonly type: IntType })
  /** A view of a header at an offset, or null when the packet ends before its end. */
  | (Node & { readonly kind: "packet-at"; readonly type: ReferenceType; readonly header: Header; readonly offset: Expression })
  /** An integer at an offset, or null when the packet ends before its end. */
  | (Node & {
      readonly kind: "packet-read";
      readonly type: ValueType;
      readonly stored: IntType | NetworkType;
      readonly width: Width;
      readonly offset: Expression;
    })
  /** After an error was reported. */
  | (Node & { readonly kind: "error"; readonly type: ValueType });

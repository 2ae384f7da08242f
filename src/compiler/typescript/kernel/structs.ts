/**
 * Types of the kernel as programs see them: decoded from its BTF when somebody asks, and no sooner.
 *
 * They differ from the language's own (`types.ts`) in that their layout is not ours: a field is where the kernel that runs the
 * program has it, and may be a bit-field, anonymous, or missing.
 */

import type { Btf } from "../../../btf/btf.ts";
import type { BtfType, Member } from "../../../btf/types.ts";
import { sizeOf } from "../layout.ts";
import { BOOL, type BoolType, INTS, type IntType, IPV4_ADDRESS, NETWORK, type NetworkType } from "../types.ts";

/** What a field or an element is. */
export type KernelStored =
  | IntType
  | BoolType
  | NetworkType
  | KernelEnum
  | KernelPointer
  | KernelArray
  | KernelStruct
  | KernelOpaque;

export interface KernelEnum {
  readonly kind: "kernel-enum";
  /** Empty when anonymous. */
  readonly name: string;
  readonly int: IntType;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}

export interface KernelPointer {
  readonly kind: "kernel-pointer";
  /** Null: to what has no fields (void, numbers, functions, other pointers), or only user space can read; an address. */
  readonly to: KernelStruct | null;
}

export interface KernelArray {
  readonly kind: "kernel-array";
  readonly element: KernelStored;
  /** 0: as many as there is memory. */
  readonly length: number;
  /** Of `char`: text. */
  readonly text: boolean;
}

/** What programs cannot compute with: floats, 128-bit integers, types that are only declared. */
export interface KernelOpaque {
  readonly kind: "kernel-opaque";
  readonly size: number;
}

export interface KernelMember {
  /** Empty for an anonymous struct or union, whose members count as the outer's. */
  readonly name: string;
  readonly bitOffset: number;
  /** 0 for what is no bit-field. */
  readonly bitSize: number;
  readonly type: KernelStored;
  /** As C writes it, for comments. */
  readonly declared: number | null;
  /** Declared `@optional`: only some kernels have it. */
  readonly optional: boolean;
}

type KernelShape = Pick<KernelStruct, "name" | "form" | "typedef" | "own"> & { readonly size: number | null };

/** A struct or union. Compared by `sameKernelStruct`: a kernel's BTF may have one twice. */
export class KernelStruct {
  readonly kind = "kernel-struct";
  /** With flavour; of an anonymous one that of the typedef it was reached through, or empty. */
  readonly name: string;
  readonly form: "struct" | "union";
  /** The name is a typedef's. */
  readonly typedef: boolean;
  /** Where it is declared: the kernel's BTF, or the source (`@kernel`), whose sizes and offsets say nothing about a kernel. */
  readonly own: boolean;
  readonly #decode: () => readonly KernelMember[];
  #members: readonly KernelMember[] | null = null;
  #size: number | null;

  /** @param size null: as large as its members make it */
  constructor({ name, form, typedef, size, own }: KernelShape, decode: () => readonly KernelMember[]) {
    this.name = name;
    this.form = form;
    this.typedef = typedef;
    this.#size = size;
    this.own = own;
    this.#decode = decode;
  }

  get members(): readonly KernelMember[] {
    this.#members ??= this.#decode();
    return this.#members;
  }

  /** Bytes. */
  get size(): number {
    this.#size ??= this.members.reduce((end, { bitOffset, type }) => Math.max(end, bitOffset / 8 + sizeOfKernel(type)), 0);
    return this.#size;
  }
}

/** Whether a field of what an iterator gives its program is null after the last round. */
export function mayBeMissing({ name }: KernelStruct, field: string): boolean {
  return name.startsWith("bpf_iter__") && field !== "meta";
}

/** In bytes. */
export function sizeOfKernel(type: KernelStored): number {
  switch (type.kind) {
    case "kernel-struct":
    case "kernel-opaque":
      return type.size;
    case "kernel-pointer":
      return 8;
    case "kernel-enum":
      return sizeOf(type.int);
    case "kernel-array":
      return sizeOfKernel(type.element) * type.length;
    default:
      return sizeOf(type);
  }
}

export function sameKernelStruct(a: KernelStruct, b: KernelStruct): boolean {
  return a === b || (a.name !== "" && a.name === b.name && a.form === b.form && a.own === b.own);
}

/** Whether a struct is another one, or has it as its first member, or that one's: a pointer to the whole is one to its beginning. */
export function beginsWith(whole: KernelStruct, part: KernelStruct): boolean {
  if (sameKernelStruct(whole, part)) return true;
  const [first] = whole.form === "struct" ? whole.members : [];
  return first?.bitOffset === 0 && first.type.kind === "kernel-struct" && beginsWith(first.type, part);
}

/** The types of one kernel, as structs and what is in them. */
export class KernelTypes {
  readonly #open: () => Btf;
  readonly #known = new Map<number, KernelStored>();
  #btf: Btf | null = null;

  /** @param open is called when a type is needed first: opening a kernel's BTF takes some milliseconds */
  constructor(open: () => Btf) {
    this.#open = open;
  }

  get btf(): Btf {
    this.#btf ??= this.#open();
    return this.#btf;
  }

  /** The struct, union, typedef or enum of that name; null when there is none. `task_struct___mine` is a `task_struct` under a name of its own. */
  named(name: string): KernelStored | null {
    const { btf } = this;
    for (const kind of ["struct", "union", "typedef", "enum", "enum64"] as const) {
      const id = btf.find(name, kind);
      if (id !== undefined) return this.stored(id);
    }
    const essential = /^(.*[^_])___[^_]/s.exec(name)?.[1];
    const struct = essential === undefined ? null : this.named(essential);
    if (struct?.kind !== "kernel-struct") return null;
    return new KernelStruct({ ...shapeOf(struct), name }, () => struct.members);
  }

  struct(name: string): KernelStruct | null {
    const found = this.named(name);
    return found?.kind === "kernel-struct" ? found : null;
  }

  /** What a type of the kernel's BTF is in memory. */
  stored(id: number): KernelStored {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const made = this.#make(id);
    this.#known.set(id, made);
    return made;
  }

  #make(id: number): KernelStored {
    const { btf } = this;
    // The typedef nearest to an anonymous struct is its name, and `__be16` says more than its integer.
    let typedef = "";
    let current = btf.type(id);
    for (let steps = 0; isTransparent(current) && steps < 32; steps++) {
      if (current.kind === "typedef") {
        typedef = current.name;
        const network = NETWORK_TYPEDEFS.get(typedef);
        if (network !== undefined) return network;
      }
      current = btf.type(current.type);
    }
    switch (current.kind) {
      case "int":
        return current.bool ? BOOL : (integer(current.size, current.signed) ?? { kind: "kernel-opaque", size: current.size });
      case "enum":
      case "enum64": {
        const int = integer(current.size, current.signed);
        if (int === null) return { kind: "kernel-opaque", size: current.size };
        const values = current.values.map(({ name, value }) => ({ name, value: BigInt(value) }));
        return { kind: "kernel-enum", name: current.name, int, values };
      }
      case "pointer":
        return { kind: "kernel-pointer", to: this.#behind(current.type) };
      case "array": {
        const behind = btf.type(btf.resolve(current.element));
        const text = behind.kind === "int" && behind.size === 1 && behind.name === "char";
        return { kind: "kernel-array", element: this.stored(current.element), length: current.length, text };
      }
      case "struct":
      case "union": {
        // One that has a name is the same whatever typedef leads to it.
        const known = current.id === id ? undefined : this.#known.get(current.id);
        if (known !== undefined && current.name !== "") return known;
        const { members } = current;
        const anonymous = current.name === "";
        const struct = new KernelStruct(
          { name: anonymous ? typedef : current.name, form: current.kind, typedef: anonymous, size: current.size, own: false },
          () => members.map((member) => this.#member(member)),
        );
        if (!anonymous) this.#known.set(current.id, struct);
        return struct;
      }
      case "float":
        return { kind: "kernel-opaque", size: current.size };
      default:
        return { kind: "kernel-opaque", size: 0 };
    }
  }

  #member({ name, bitOffset, bitSize, type }: Member): KernelMember {
    // The types of a struct's members are made when somebody looks: a task_struct leads to half of the kernel.
    const stored = () => this.stored(type);
    let made: KernelStored | null = null;
    return {
      name,
      bitOffset,
      bitSize,
      declared: type,
      optional: false,
      get type(): KernelStored {
        made ??= asAddress(name, stored());
        return made;
      },
    };
  }

  /** What a pointer leads to, when it has fields that a program in the kernel can read. */
  #behind(id: number): KernelStruct | null {
    const { btf } = this;
    for (let type = btf.type(id), steps = 0; steps < 32 && isTransparent(type); type = btf.type(type.type), steps++) {
      if (type.kind === "typeTag" && type.name === "user") return null;
    }
    const target = btf.type(btf.resolve(id));
    if (target.kind === "forward") {
      const whole = btf.find(target.name, target.of);
      if (whole !== undefined) return this.#structAt(whole);
      return new KernelStruct({ name: target.name, form: target.of, typedef: false, size: 0, own: false }, () => []);
    }
    return target.kind === "struct" || target.kind === "union" ? this.#structAt(id) : null;
  }

  #structAt(id: number): KernelStruct | null {
    const stored = this.stored(id);
    return stored.kind === "kernel-struct" ? stored : null;
  }
}

function shapeOf({ form, typedef, size, own }: KernelStruct): Omit<KernelShape, "name"> {
  return { form, typedef, size, own };
}

function isTransparent(
  type: BtfType,
): type is Extract<BtfType, { kind: "typedef" | "const" | "volatile" | "restrict" | "typeTag" }> {
  const { kind } = type;
  return kind === "typedef" || kind === "const" || kind === "volatile" || kind === "restrict" || kind === "typeTag";
}

/** Integers in the order of the wire say so by these names, everywhere in the kernel. */
const NETWORK_TYPEDEFS: ReadonlyMap<string, NetworkType> = new Map<string, NetworkType>([
  ["__be16", NETWORK.be16],
  ["__be32", NETWORK.be32],
  ["__be64", NETWORK.be64],
]);

/** `__be32 daddr`, `skc_rcv_saddr`, `s_addr`: four bytes of the wire that are no quantity. */
function asAddress(name: string, type: KernelStored): KernelStored {
  return type === NETWORK.be32 && /addr$/.test(name) ? IPV4_ADDRESS : type;
}

function integer(size: number, signed: boolean): IntType | null {
  const name = `${signed ? "i" : "u"}${size * 8}`;
  return Object.hasOwn(INTS, name) ? INTS[name as keyof typeof INTS] : null;
}

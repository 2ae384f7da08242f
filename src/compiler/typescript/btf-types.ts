/** Describes the types of a source as BTF: what the user side of a map reads, and what the kernel and bpftool show. */

import { BtfBuilder, type NewMember } from "../../btf/builder.ts";
import { C_INTEGERS } from "../../btf/integer-names.ts";
import type { GlobalSpec } from "../../object/spec.ts";
import type { ContextStruct } from "../../uapi/contexts/struct.ts";
import type { Type } from "../ir/ir.ts";
import { KernelTypeWriter } from "./kernel/btf.ts";
import type { KernelFunction } from "./kernel/functions.ts";
import type { KernelStored } from "./kernel/structs.ts";
import type { KernelUses } from "./kernel/uses.ts";
import type { ExternFunction } from "./scopes.ts";
import type { ProgramDeclaration } from "./tree.ts";
import { type ArrayType, BOOL, INTS, type IntType, type StoredType, type StructType, type ValueType } from "./types.ts";

export class TypeWriter {
  readonly #btf = new BtfBuilder();
  readonly #structs = new Map<StructType, number>();
  readonly #contexts = new Map<string, number>();
  /** Types of the kernel. */
  readonly kernel: KernelTypeWriter;

  /** @param uses what of the kernel's types the module uses */
  constructor(uses: KernelUses) {
    this.kernel = new KernelTypeWriter(this.#btf, uses);
  }

  /** The BTF id of a type in memory. */
  idOf(type: StoredType): number {
    switch (type.kind) {
      case "int":
        return this.#integer(type);
      case "bool":
        return this.#btf.int("_Bool", 1, { bool: true });
      case "network":
        return this.#btf.typedef(`__${type.name}`, this.#basic(type.host));
      case "array":
        return this.#array(type);
      case "pointer":
        return this.#btf.pointer(this.idOf(type.to));
      case "struct":
        return this.#struct(type);
    }
  }

  /** The BTF id of a program's function: `int name(struct xdp_md *ctx)`. */
  program({ name, context }: ProgramDeclaration): number {
    const ctx = this.#btf.pointer(this.#contextOf(context));
    const prototype = this.#btf.prototype(this.#btf.int("int", 4, { signed: true }), [{ name: "ctx", type: ctx }]);
    return this.#btf.function(name, prototype, "global");
  }

  /** The BTF id of a sub-program's function: `static u32 name(struct Key *key, …)`. A pointer without a struct is a `void *`. */
  subprogram(
    name: string,
    parameters: readonly { readonly name: string; readonly type: Type; readonly local: ValueType | null }[],
    result: ValueType,
    context: ProgramDeclaration["context"],
  ): number {
    const prototype = this.#btf.prototype(
      result.kind === "void" ? 0 : this.#value(result.kind === "nullable" ? BOOL : result),
      parameters.map((parameter) => ({
        name: parameter.name,
        type:
          parameter.name === "ctx" && parameter.local === null
            ? this.#btf.pointer(this.#contextOf(context))
            : this.#parameter(parameter.type, parameter.local),
      })),
    );
    return this.#btf.function(name, prototype, "static");
  }

  #parameter(type: Type, local: ValueType | null): number {
    if (local === null) return type === "ptr" ? this.#btf.pointer(0) : this.#basic(type === "i64" ? INTS.u64 : INTS.u32);
    return this.#value(local);
  }

  /** What a register holds. */
  #value(type: ValueType): number {
    if (type.kind === "int" || type.kind === "bool") return this.idOf(type);
    if (type.kind === "nullable") return this.idOf(type.of);
    if (type.kind === "kernel" && type.to.kind === "kernel-struct") return this.#btf.pointer(this.kernel.behind(type.to));
    if (type.kind === "reference" && type.to.kind !== "header") return this.#btf.pointer(this.idOf(type.to));
    return this.#btf.pointer(0);
  }

  /** The BTF id of the prototype of a function of the application. */
  extern({ name, parameters, result }: ExternFunction): number {
    const prototype = this.#btf.prototype(
      this.#integer(result),
      parameters.map((parameter) => ({ name: parameter.name, type: this.#integer(parameter.type) })),
    );
    this.#btf.function(name, prototype, "extern");
    return prototype;
  }

  /** The BTF id of a section of variables. */
  section(name: string, size: number, variables: readonly Omit<GlobalSpec, "map">[]): number {
    const described = variables.map(({ name, type, linkage, offset, size }) => {
      return { type: this.#btf.variable(name, type, linkage), offset, size };
    });
    return this.#btf.section(name, size, described);
  }

  /** The BTF id of the prototype of a function of the kernel. */
  kfunc(name: string, describe: (btf: BtfBuilder) => number): number {
    const prototype = describe(this.#btf);
    this.#btf.function(name, prototype, "extern");
    return prototype;
  }

  /** The same, of one that the kernel's types have. */
  kernelFunction({ name, parameters, result, resultNumber }: KernelFunction): number {
    const typeOf = (stored: KernelStored, number: KernelStored | null) =>
      number === null ? this.kernel.type(stored) : this.#btf.pointer(this.kernel.type(number));
    const prototype = this.#btf.prototype(
      result === null ? 0 : typeOf(result, resultNumber),
      parameters.map(({ name, stored, number }) => ({ name, type: typeOf(stored, number) })),
    );
    this.#btf.function(name, prototype, "extern");
    return prototype;
  }

  encode(): Uint8Array {
    return this.#btf.encode();
  }

  #basic(type: IntType): number {
    return this.#btf.int(C_INTEGERS[`${type.signed ? "i" : "u"}${type.bits}`], type.bits / 8, { signed: type.signed });
  }

  #integer(type: IntType): number {
    return this.#btf.typedef(type.name, this.#basic(type));
  }

  #array(type: ArrayType): number {
    if (type.name === "FixedString") return this.#btf.array(this.#btf.int("char", 1, { signed: true }), type.length);
    const array = this.#btf.array(this.idOf(type.element), type.length);
    return type.name === null ? array : this.#btf.typedef(type.name, array);
  }

  #struct(type: StructType): number {
    const known = this.#structs.get(type);
    if (known !== undefined) return known;
    // As clang makes of `struct task_struct __kptr *`.
    if (type.kptr !== undefined) return this.#btf.pointer(this.#btf.typeTag("kptr", this.kernel.behind(type.kptr)));
    // What leads to itself has an id before its members have theirs.
    const reserved = leadsOn(type) ? this.#btf.reserve() : undefined;
    if (reserved !== undefined) this.#structs.set(type, reserved);
    const members = type.special === undefined ? this.#members(type) : this.#opaque(type);
    const form = type.union === true ? "union" : "struct";
    const id = this.#btf[form](type.name, type.size, members, reserved);
    this.#structs.set(type, id);
    return id;
  }

  #members({ fields }: StructType): readonly NewMember[] {
    return fields.map(({ name, type: field, offset, bits }) =>
      bits === undefined
        ? { name, type: this.idOf(field), bitOffset: offset * 8 }
        : { name, type: this.idOf(field), bitOffset: bits.offset * 8 + bits.shift, bitSize: bits.bits },
    );
  }

  /** As linux/bpf.h has them: a lock is one word, the others are of no concern. */
  #opaque({ size }: StructType): readonly NewMember[] {
    if (size === 4) return [{ name: "val", type: this.#btf.typedef("__u32", this.#basic(INTS.u32)), bitOffset: 0 }];
    const word = this.#btf.typedef("__u64", this.#basic(INTS.u64));
    return [{ name: "__opaque", type: this.#btf.array(word, size / 8), bitOffset: 0 }];
  }

  #contextOf(context: ProgramDeclaration["context"]): number {
    switch (context.kind) {
      case "kernel":
        return this.#context(context.context.kernel);
      case "struct":
        return this.#struct(context.struct);
      case "words":
        return this.#basic(INTS.u64);
      case "opaque":
        return 0;
    }
  }

  /** As linux/bpf.h has it; what it points to is not described. */
  #context({ name, size, fields }: ContextStruct): number {
    const known = this.#contexts.get(name);
    if (known !== undefined) return known;
    const members = fields.map((field) => {
      const bits = (field.size / field.count) * 8;
      const element = this.#basic(INTS[`u${bits}` as "u32"]);
      return {
        name: field.name,
        type: field.count === 1 ? element : this.#btf.array(element, field.count),
        bitOffset: field.offset * 8,
      };
    });
    const id = this.#btf.struct(name.replace("struct ", ""), size, members);
    this.#contexts.set(name, id);
    return id;
  }
}

/** Whether there is a pointer in something. */
function leadsOn(type: StoredType): boolean {
  if (type.kind === "array") return leadsOn(type.element);
  return type.kind === "pointer" || (type.kind === "struct" && type.fields.some((field) => leadsOn(field.type)));
}

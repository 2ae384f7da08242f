/** Writes what is used of the kernel's types into the Spec's BTF, and paths as relocations refer to them. */

import type { BtfBuilder } from "../../../btf/builder.ts";
import { C_INTEGERS } from "../../../btf/integer-names.ts";
import type { StructOpsDeclaration } from "../tree.ts";
import type { IntType } from "../types.ts";
import { type KernelPath, memberAt } from "./paths.ts";
import type { KernelEnum, KernelStored, KernelStruct } from "./structs.ts";
import type { MemberSignature } from "./targets.ts";
import type { KernelUses } from "./uses.ts";

/** What a relocation is about: a type of the Spec's BTF, and the way through it. */
export interface CoreTarget {
  readonly type: number;
  readonly access: string;
}

export class KernelTypeWriter {
  readonly #btf: BtfBuilder;
  readonly #uses: KernelUses;
  readonly #structs = new Map<KernelStruct, number>();
  readonly #enums = new Map<KernelEnum, number>();

  /** @param uses of a module that was checked as a whole: what is written does not grow any more */
  constructor(btf: BtfBuilder, uses: KernelUses) {
    this.#btf = btf;
    this.#uses = uses;
  }

  /** A path counts members as the written struct has them, which is without those that nobody uses. */
  path({ root, steps }: KernelPath): CoreTarget {
    const numbers = steps.map((step) =>
      step.kind === "element" ? step.index : this.#uses.membersOf(step.of).indexOf(step.index),
    );
    return { type: this.struct(root), access: [0, ...numbers].join(":") };
  }

  enumerator(of: KernelEnum, index: number): CoreTarget {
    return { type: this.#enum(of), access: `${this.#uses.enumeratorsOf(of).indexOf(index)}` };
  }

  /** The id of a struct or union; of an anonymous one with a typedef's name, the typedef's. */
  struct(struct: KernelStruct): number {
    const known = this.#structs.get(struct);
    if (known !== undefined) return known;
    const reserved = this.#btf.reserve();
    // A typedef is made when its struct is: whoever refers to it on the way, through a pointer to itself, gets the struct.
    this.#structs.set(struct, reserved);
    const members = this.#uses.membersOf(struct).map((index) => {
      const { name, bitOffset, bitSize, type } = memberAt(struct, index);
      return { name, type: this.type(type), bitOffset, bitSize };
    });
    this.#btf[struct.form](struct.typedef ? "" : struct.name, struct.size, members, reserved);
    if (!struct.typedef || struct.name === "") return reserved;
    const id = this.#btf.typedef(struct.name, reserved);
    this.#structs.set(struct, id);
    return id;
  }

  /** A struct of functions as a source implements it: those members that it gives. */
  operations({ struct, functions, values }: Pick<StructOpsDeclaration, "struct" | "functions" | "values">): number {
    const given = [
      ...functions.map(({ index, signature }) => ({ index, signature })),
      ...values.map(({ index }) => ({ index, signature: null })),
    ];
    const members = given
      .sort((a, b) => a.index - b.index)
      .map(({ index, signature }) => {
        const { name, bitOffset, type } = memberAt(struct, index);
        return { name, bitOffset, type: signature === null ? this.type(type) : this.#btf.pointer(this.#prototype(signature)) };
      });
    return this.#btf.struct(struct.name, struct.size, members);
  }

  #prototype({ declared: { parameters, result } }: MemberSignature): number {
    return this.#btf.prototype(
      result === null ? 0 : this.type(result),
      parameters.map(({ name, stored }) => ({ name, type: this.type(stored) })),
    );
  }

  /** The id of any type of the kernel, as a field, a parameter or a result has it. */
  type(type: KernelStored): number {
    switch (type.kind) {
      case "int":
        return this.#integer(type);
      case "bool":
        return this.#btf.int("_Bool", 1, { bool: true });
      case "network":
        return this.#btf.typedef(`__${type.name}`, this.#integer(type.host));
      case "kernel-enum":
        return this.#enum(type);
      case "kernel-pointer":
        return this.#btf.pointer(type.to === null ? 0 : this.behind(type.to));
      case "kernel-array":
        return this.#btf.array(type.text ? this.#btf.int("char", 1, { signed: true }) : this.type(type.element), type.length);
      case "kernel-struct":
        return this.struct(type);
      case "kernel-opaque":
        return this.#btf.array(this.#integer({ kind: "int", bits: 8, signed: false, name: "u8" }), type.size);
    }
  }

  /** What a pointer leads to: whole as far as it is used, else by its name alone. */
  behind(struct: KernelStruct): number {
    if (this.#uses.isUsed(struct)) return this.struct(struct);
    return struct.name === "" || struct.typedef ? 0 : this.#btf.forward(struct.name, struct.form);
  }

  #integer(type: IntType): number {
    return this.#btf.int(C_INTEGERS[`${type.signed ? "i" : "u"}${type.bits}`], type.bits / 8, { signed: type.signed });
  }

  #enum(type: KernelEnum): number {
    const known = this.#enums.get(type);
    if (known !== undefined) return known;
    const { bits, signed } = type.int;
    const values = this.#uses.enumeratorsOf(type).flatMap((index) => type.values[index] ?? []);
    const id =
      bits <= 32
        ? this.#btf.enum(
            type.name,
            bits / 8,
            values.map(({ name, value }) => ({ name, value: Number(value) })),
            signed,
          )
        : this.#btf.enum64(type.name, bits / 8, values, signed);
    this.#enums.set(type, id);
    return id;
  }
}

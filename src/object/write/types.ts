/** The types of a Spec while they are completed for an object file. Ids stay: types are only added behind the others. */

import { type Btf, openBtf } from "../../btf/btf.ts";
import { BtfBuilder } from "../../btf/builder.ts";
import type { BtfKind } from "../../btf/format.ts";
import type { BtfType, SectionType, TypeOf } from "../../btf/types.ts";

/** A type without its id, which is given when it is added. */
export type NewType = BtfType extends infer Type ? (Type extends BtfType ? Omit<Type, "id"> : never) : never;

export class EditableTypes {
  /** What the Spec had, unchanged. */
  readonly original: Btf;
  /** Id → type; 0 is void. */
  readonly #types: BtfType[];
  readonly #once = new Map<string, number>();

  constructor(bytes: Uint8Array | null) {
    this.original = openBtf(bytes ?? new BtfBuilder().encode());
    this.#types = Array.from({ length: this.original.count }, (_, id) => this.original.type(id));
  }

  get count(): number {
    return this.#types.length;
  }

  type(id: number): BtfType {
    return this.#types[id] ?? this.original.type(id);
  }

  /** The first of that kind and name. */
  find<Kind extends BtfKind>(name: string, kind: Kind): TypeOf<Kind> | undefined {
    return this.#types.find((type): type is TypeOf<Kind> => type.kind === kind && type.name === name);
  }

  /** Texts of all declaration tags. */
  tags(): string[] {
    return this.#types.flatMap((type) => (type.kind === "declTag" ? [type.name] : []));
  }

  add(type: NewType): number {
    const id = this.#types.length;
    this.#types.push({ ...type, id } as BtfType);
    return id;
  }

  /** As `add`, but the same type is added once. */
  addOnce(type: NewType): number {
    const key = JSON.stringify(type);
    let id = this.#once.get(key);
    if (id === undefined) {
      id = this.add(type);
      this.#once.set(key, id);
    }
    return id;
  }

  replace(type: BtfType): void {
    this.#types[type.id] = type;
  }

  /** Takes the last type away; nothing may refer to it. */
  removeLast(): BtfType | undefined {
    return this.#types.pop();
  }

  /** The section of variables of that name, made when it is not there. */
  section(name: string): SectionType {
    const known = this.find(name, "section");
    if (known !== undefined) return known;
    const id = this.add({ kind: "section", name, size: 0, variables: [] });
    return { kind: "section", id, name, size: 0, variables: [] };
  }

  /** The 32-bit `int` that clang writes, or one of our own. */
  int(): number {
    const known = this.find("int", "int");
    if (known !== undefined && known.size === 4) return known.id;
    return this.addOnce({ kind: "int", name: "int", size: 4, bits: 32, bitOffset: 0, signed: true, char: false, bool: false });
  }

  /** `int (*)[value]`: how a number is written into a map's definition. */
  number(value: number): number {
    const element = this.int();
    const index = this.addOnce({
      kind: "int",
      name: "__ARRAY_SIZE_TYPE__",
      size: 4,
      bits: 32,
      bitOffset: 0,
      signed: false,
      char: false,
      bool: false,
    });
    return this.pointer(this.addOnce({ kind: "array", name: "", element, index, length: value }));
  }

  pointer(type: number): number {
    return this.addOnce({ kind: "pointer", name: "", type });
  }

  /** An array of pointers, as long as `values` of a map is. */
  pointers(type: number, length: number): number {
    return this.addOnce({ kind: "array", name: "", element: this.pointer(type), index: this.int(), length });
  }

  /** A builder with all types in it, which takes further strings. */
  build(littleEndian: boolean): BtfBuilder {
    const builder = new BtfBuilder({ littleEndian });
    for (const type of this.#types) builder.add(type, (id) => id);
    return builder;
  }
}

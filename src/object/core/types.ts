/** Types as CO-RE looks at them: decoded once, names without flavour, qualifiers and typedefs seen through. */

import type { Btf } from "../../btf/btf.ts";
import type { BtfType } from "../../btf/types.ts";

/** A BTF that keeps what it decoded: relocations of one program ask for the same few large structs again and again. */
export class CoreTypes {
  readonly btf: Btf;
  readonly #known = new Map<number, BtfType>();

  constructor(btf: Btf) {
    this.btf = btf;
  }

  type(id: number): BtfType {
    let type = this.#known.get(id);
    if (type === undefined) {
      type = this.btf.type(id);
      this.#known.set(id, type);
    }
    return type;
  }

  /** What is behind typedefs, qualifiers and type tags. */
  behind(id: number): BtfType {
    return this.type(this.btf.resolve(id));
  }
}

/**
 * A name without its flavour: `task_struct___old` is another edition of `task_struct`. The flavour begins with the last
 * `___` that has a character other than `_` on both sides.
 */
export function essentialName(name: string): string {
  // Names rarely have one: the regular expression is kept for those.
  return name.includes("___") ? (FLAVOUR.exec(name)?.[1] ?? name) : name;
}

const FLAVOUR = /^(.*[^_])___[^_]/s;

/** Enumerations of 32 and of 64 bits are one kind here: which one is written depends on the compiler's age. */
export function sameKind(a: BtfType, b: BtfType): boolean {
  return a.kind === b.kind || (isEnum(a) && isEnum(b));
}

export function isEnum(type: BtfType): type is Extract<BtfType, { kind: "enum" | "enum64" }> {
  return type.kind === "enum" || type.kind === "enum64";
}

export function isComposite(type: BtfType): type is Extract<BtfType, { kind: "struct" | "union" }> {
  return type.kind === "struct" || type.kind === "union";
}

/** Longest chain of pointers, arrays and parameters that is compared; the same number as in libbpf and the kernel. */
export const DEPTH_LIMIT = 32;

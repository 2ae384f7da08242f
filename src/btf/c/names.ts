/**
 * Names as C wants them. A kernel's BTF has types of one name that are different types (each source file may have its
 * own `struct state`), and C has one name space for tags and one for typedefs and enumerators: the second of a name
 * becomes `name___2`, which CO-RE takes for a flavour of `name`.
 */

import type { Btf } from "../btf.ts";

const KEYWORDS = new Set(
  (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register " +
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm typeof"
  ).split(" "),
);

/** Any text as a C identifier: what C does not take becomes `_`. */
export function identifier(name: string): string {
  const clean = /^[A-Za-z_$][\w$]*$/.test(name) ? name : name.replace(/[^\w$]/g, "_").replace(/^(?=\d|$)/, "_");
  return KEYWORDS.has(clean) ? `${clean}_` : clean;
}

export class CNames {
  readonly #btf: Btf;
  readonly #tags = new Map<number, string>();
  readonly #typedefs = new Map<number, string>();
  /** Forward declarations by what they declare: many may have one name. */
  readonly #forwards = new Map<string, string>();
  readonly #tagUses = new Map<string, number>();
  readonly #ordinaryUses = new Map<string, number>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** What follows `struct`, `union` or `enum`; empty for anonymous types. */
  tag(id: number): string {
    let tag = this.#tags.get(id);
    if (tag === undefined) {
      tag = this.#newTag(id);
      this.#tags.set(id, tag);
    }
    return tag;
  }

  typedef(id: number): string {
    const known = this.#typedefs.get(id);
    if (known !== undefined) return known;
    const name = this.ordinary(this.#btf.name(id));
    this.#typedefs.set(id, name);
    return name;
  }

  /** A name for one more typedef or enumerator. */
  ordinary(name: string): string {
    return unique(this.#ordinaryUses, identifier(name));
  }

  #newTag(id: number): string {
    const name = this.#btf.name(id);
    if (name === "") return "";
    const type = this.#btf.type(id);
    if (type.kind === "forward") {
      // All forward declarations of a name are one, and mean the first struct or union of that name and kind.
      const whole = this.#btf.find(name, type.of);
      if (whole !== undefined) return this.tag(whole);
      const key = `${type.of} ${name}`;
      const tag = this.#forwards.get(key) ?? unique(this.#tagUses, identifier(name));
      this.#forwards.set(key, tag);
      return tag;
    }
    return unique(this.#tagUses, identifier(name));
  }
}

function unique(uses: Map<string, number>, name: string): string {
  const used = (uses.get(name) ?? 0) + 1;
  uses.set(name, used);
  return used === 1 ? name : unique(uses, `${name}___${used}`);
}

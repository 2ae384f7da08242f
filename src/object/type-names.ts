/**
 * Many names may share one string: a thousand members named by the same megabyte would be decoded into a gigabyte. Before
 * types are decoded, this adds up how long their names are.
 */

import type { Btf } from "../btf/btf.ts";
import { KIND, PART_SIZE, TAIL_SIZE, TYPE_SIZE, VLEN_MASK } from "../btf/format.ts";
import type { Budget } from "./budget.ts";

/** No compiler's names are longer; lines of source, which are among the strings too, seldom are. */
const LONG = 1024;

/** Kinds whose parts begin with the offset of a name. */
const NAMED_PARTS: ReadonlySet<number> = new Set([KIND.struct, KIND.union, KIND.enum, KIND.prototype, KIND.enum64]);

/**
 * Pays for the names of all types and of their parts.
 * @param strings the bytes of the string section
 * @throws ObjectError `too-large` when they come to unreasonably much.
 */
export function payForNames(btf: Btf, strings: Uint8Array, budget: Budget): void {
  const ends = stringEnds(strings);
  if (ends === null) return;
  const { view } = btf;
  let total = 0;
  for (let id = 1; id < btf.count; id++) {
    const at = btf.recordStart(id);
    total += lengthAt(ends, view.getUint32(at, true));
    const kind = btf.kindNumber(id);
    if (!NAMED_PARTS.has(kind)) continue;
    let part = at + TYPE_SIZE + TAIL_SIZE[kind]!;
    for (let left = view.getUint32(at + 4, true) & VLEN_MASK; left > 0; left--, part += PART_SIZE[kind]!) {
      total += lengthAt(ends, view.getUint32(part, true));
    }
  }
  budget.spend(total, "names of types", { section: ".BTF" });
}

/** Where each string ends; null when none is long enough to matter. */
function stringEnds(strings: Uint8Array): Uint32Array | null {
  let count = 0;
  let longest = 0;
  for (let start = 0, end = strings.indexOf(0); end >= 0; start = end + 1, end = strings.indexOf(0, start)) {
    longest = Math.max(longest, end - start);
    count++;
  }
  if (longest <= LONG) return null;
  const ends = new Uint32Array(count);
  let index = 0;
  for (let end = strings.indexOf(0); end >= 0; end = strings.indexOf(0, end + 1)) ends[index++] = end;
  return ends;
}

function lengthAt(ends: Uint32Array, offset: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ends[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low < ends.length ? ends[low]! - offset : 0;
}

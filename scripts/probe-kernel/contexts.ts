/** What programs may read and write in their contexts, and what a load gives. */

import { type Prober, returning, VARIANTS, type Variant, type Word } from "./prober.ts";

const SIZES = [
  { size: 1, load: 0x71, store: 0x73 },
  { size: 2, load: 0x69, store: 0x6b },
  { size: 4, load: 0x61, store: 0x63 },
  { size: 8, load: 0x79, store: 0x7b },
] as const;

/** No context with a struct of its own is longer. */
const END = 512;

/** What a log of level 2 says of r2 after the load. */
const REGISTER = /R2(?:_r?w)?=(\w+\((?:[^()]|\([^()]*\))*\))/;

export function* contexts(prober: Prober): Generator<object> {
  for (const variant of VARIANTS) {
    if (!prober.has(variant)) {
      yield { type: variant.name, error: "no such programs" };
      continue;
    }
    for (let off = 0; off < END; off++) {
      for (const { size, load, store } of SIZES) {
        // A misaligned one is refused before the context is asked.
        if (off % size !== 0) continue;
        const read: Word[] = [[load, 2, 1, off, 0], ...returning(variant)];
        if (prober.load(variant, read, 0).accepted) {
          yield { type: variant.name, off, size, rw: "r", reg: register(prober, variant, read) };
        }
        const write: Word[] = [[0xb7, 2, 0, 0, 0], [store, 1, 2, off, 0], ...returning(variant)];
        if (prober.load(variant, write, 0).accepted) yield { type: variant.name, off, size, rw: "w" };
      }
    }
  }
}

function register(prober: Prober, variant: Variant, code: readonly Word[]): string {
  for (const line of prober.load(variant, code, 2).log) {
    const found = REGISTER.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`${variant.name}: the log does not tell what was loaded`);
}

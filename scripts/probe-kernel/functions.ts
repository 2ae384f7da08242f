/** Which helpers and kernel functions programs may call. */

import { HELPER } from "../../src/uapi/helpers.ts";
import { KFUNCS } from "../../src/uapi/kfuncs.ts";
import { type Prober, returning, VARIANTS, type Variant, type Word } from "./prober.ts";

const PSEUDO_KFUNC_CALL = 2;

/** The verifier asks for the helper before it looks at arguments, which are all wrong here. */
const NO_HELPER = /cannot use helper|unknown func|invalid func/;
const NO_KFUNC = /is not allowed|not found in kernel|is not a kernel function|not allowed/;

export function* helpers(prober: Prober): Generator<object> {
  for (const variant of VARIANTS) {
    if (!prober.has(variant)) continue;
    const offered = Object.values(HELPER).filter((id) => !says(prober, variant, [0x85, 0, 0, 0, id], NO_HELPER));
    yield { type: variant.name, ret: variant.returns ?? 0, helpers: offered, n: offered.length };
  }
}

export function* kfuncs(prober: Prober): Generator<object> {
  const ids = KFUNCS.map((name) => ({ name, id: prober.types.find(name, "function") }));
  for (const variant of VARIANTS) {
    if (!prober.has(variant)) continue;
    const offered = ids
      .filter(({ id }) => id !== undefined && !says(prober, variant, [0x85, 0, PSEUDO_KFUNC_CALL, 0, id], NO_KFUNC))
      .map(({ name }) => name);
    yield { type: variant.name, kfuncs: offered, n: offered.length };
  }
}

function says(prober: Prober, variant: Variant, call: Word, what: RegExp): boolean {
  const { accepted, log } = prober.load(variant, [call, ...returning(variant)], 1);
  return !accepted && log.some((line) => what.test(line));
}

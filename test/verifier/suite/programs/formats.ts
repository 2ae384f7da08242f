/** What `bpf_snprintf` takes for a format, and numbers to print. */

import { Rules } from "../case.ts";
import { BAD_FORMATS, formatMap, GOOD_FORMATS } from "../formats.ts";
import { times } from "./text.ts";

/** Room for twelve numbers at -104. */
const NUMBERS = times(12, (i) => `*(u64 *)(r10 -${8 * (i + 2)}) = 0`);

function printed(formats: typeof GOOD_FORMATS): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(formats).map(([name, [, numbers = 1]]) => [
      name,
      `${NUMBERS}; r3 = value ${formatMap(name)}; r1 = r10; r1 += -8; r2 = 8; r4 = r10; r4 += -104; r5 = ${8 * numbers}; call bpf_snprintf; r0 = 0; exit`,
    ]),
  );
}

export const formats = new Rules("core", { type: "xdp" });

formats.rule("formats", printed(GOOD_FORMATS), printed(BAD_FORMATS));

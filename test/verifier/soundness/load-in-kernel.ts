/**
 * `node load-in-kernel.ts FILE`, in a guest: loads random programs (the Specs in FILE, as v8.serialize writes a list of them) into the
 * kernel that runs there and prints a line of JSON for each. Never run it on a machine that somebody needs: nobody has looked at these
 * programs.
 */

import { readFileSync } from "node:fs";
import { deserialize } from "node:v8";
import type { Spec } from "../../../src/object/spec.ts";
import { openLoader } from "../kernel.ts";

/** What the kernel said of a program. */
export interface Said {
  readonly accepted: boolean;
  /** The last line that tells why not, or why it was not asked. */
  readonly text: string;
  readonly processed: number;
}

const loader = await openLoader();
for (const spec of deserialize(readFileSync(process.argv[2]!)) as readonly Spec[]) {
  const { accepted, errno, log, failed } = loader.load(spec, spec.programs[0]!, 4);
  const lines = log
    .split("\n")
    .filter((line) => line !== "" && !/^(processed|verification time|stack depth|mark_precise)/.test(line));
  const processed = Number(/^processed (\d+) insns/m.exec(log)?.[1] ?? -1);
  const said: Said = { accepted, text: failed ?? lines.at(-1) ?? errno, processed };
  console.log(JSON.stringify(said));
}

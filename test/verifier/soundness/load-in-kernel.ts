/**
 * `node load-in-kernel.ts KERNEL SEED COUNT`, in a guest: loads random programs into the kernel that runs there and prints a line of
 * JSON for each. Never run it on a machine that somebody needs: nobody has looked at these programs.
 */

import { openLoader } from "../kernel.ts";
import { programOf, TARGETS } from "./judge.ts";
import { specOf } from "./lines.ts";

/** What the kernel said of the program of a seed. */
export interface Said {
  readonly seed: number;
  readonly accepted: boolean;
  /** The last line that tells why not, or why it was not asked. */
  readonly text: string;
  readonly processed: number;
}

const [kernel, seed, count] = process.argv.slice(2);
const target = TARGETS.find(({ name }) => name === kernel)!;
const loader = await openLoader();
for (let at = Number(seed); at < Number(seed) + Number(count); at++) {
  const spec = specOf(programOf(at, target));
  const { accepted, log, failed } = loader.load(spec, spec.programs[0]!, 4);
  const lines = log
    .split("\n")
    .filter((line) => line !== "" && !/^(processed|verification time|stack depth|mark_precise)/.test(line));
  const processed = Number(/^processed (\d+) insns/m.exec(log)?.[1] ?? -1);
  const said: Said = { seed: at, accepted, text: failed ?? lines.at(-1) ?? "", processed };
  console.log(JSON.stringify(said));
}

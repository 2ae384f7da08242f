/** A child process: loads the programs of this folder into the live kernel, and runs those of ranges.ts. Prints what went wrong. */

import { compileSource } from "../../../src/compiler/compile.ts";
import { VerifierError } from "../../../src/engine/errors.ts";
import { openLinux } from "../../../src/engine/linux/engine.ts";
import { computing, counted } from "../program.ts";
import { compileFor } from "../vmlinux/kernel-source.ts";
import { DYNPTRS } from "./dynptrs.ts";
import { ITERATORS } from "./iterators.ts";
import { KPTRS } from "./kptrs.ts";
import { RANGES } from "./ranges.ts";

const wrong: string[] = [];

async function attempt(name: string, work: () => Promise<string | null>): Promise<void> {
  try {
    const problem = await work();
    if (problem !== null) wrong.push(`${name}: ${problem}`);
  } catch (error) {
    const log = error instanceof VerifierError ? error.log.slice(-20).join("\n") : "";
    wrong.push(`${name}: ${error}\n${log}`);
  }
}

await using engine = await openLinux();
for (const { name, body, top = "", expected } of RANGES) {
  await attempt(name, async () => {
    await using collection = await engine.load(compileSource(computing(body, top), { file: "range.bpf.ts", since: "6.1" }));
    collection.programs["program"]?.run({ packet: counted() });
    const found = collection.maps["out"]?.get(0);
    return found === expected ? null : `expected ${expected}, found ${found}`;
  });
}
for (const { name, source, out } of DYNPTRS) {
  await attempt(name, async () => {
    await using collection = await engine.load(compileSource(source, { file: "dynptr.bpf.ts" }));
    collection.programs["program"]?.run({ packet: counted() });
    const found = out?.map((_, index) => collection.maps["out"]?.get(index)) ?? [];
    return found.join() === (out ?? []).join() ? null : `expected ${out}, found ${found}`;
  });
}
for (const { name, source } of [...ITERATORS, ...KPTRS]) {
  await attempt(name, async () => {
    await using _collection = await engine.load(compileFor(source));
    return null;
  });
}
process.stdout.write(`${JSON.stringify(wrong)}\n`);

/**
 * Holds our verdicts on mutants of the suite's programs against a kernel in QEMU:
 *
 *     node test/verifier/mutate.ts [--kernel 6.12] [--seed 1] [--each 3] [--most N]
 *
 * Prints every mutant on which we differ, those that we accept first. Needs what record.ts needs for a guest; mutants are never
 * loaded into the kernel that runs here.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openKernelTarget } from "../../src/kernels/types.ts";
import { verify } from "../../src/verifier/verify.ts";
import { runInGuest } from "../guest/run.ts";
import { type Mutant, mutants, specOf } from "./mutants.ts";
import { suite } from "./suite/all.ts";

const { values: options } = parseArgs({
  options: {
    kernel: { type: "string", default: "6.12" },
    seed: { type: "string", default: "1" },
    each: { type: "string", default: "3" },
    most: { type: "string", default: "100000" },
  },
});
if (options.kernel !== "6.1" && options.kernel !== "6.12") throw new Error("--kernel is 6.1 or 6.12");

/** What takes longer is left away: an emulated machine needs seconds for it. */
const MOST_PROCESSED = 20_000;

const target = openKernelTarget(options.kernel);
const originals = new Map([...suite()].map((original) => [original.name, original]));
const chosen: { readonly mutant: Mutant; readonly refusal: string | null }[] = [];
for (const mutant of mutants(Number(options.seed), Number(options.each))) {
  const original = originals.get(mutant.name)!;
  const { spec, program } = specOf(original.spec, original.program, mutant.code);
  const { processed, refusal } = verify(spec, program, target);
  if (chosen.length >= Number(options.most)) break;
  if (processed <= MOST_PROCESSED) chosen.push({ mutant, refusal: refusal?.text ?? null });
}

const folder = mkdtempSync(join(tmpdir(), "skep-mutants-"));
const file = join(folder, "mutants.jsonl");
writeFileSync(file, chosen.map(({ mutant }) => JSON.stringify(mutant)).join("\n"));
const output = runInGuest(options.kernel, fileURLToPath(new URL("load-mutants.ts", import.meta.url)), file);
rmSync(folder, { recursive: true });

const answers = output
  .split("\n")
  .filter((line) => line.startsWith("{"))
  .map((line) => JSON.parse(line) as { readonly accepted: boolean; readonly failed: string | null; readonly end: string });
let compared = 0;
let accepted = 0;
const unsound: string[] = [];
const strict: string[] = [];
for (const [index, { accepted: theirs, failed, end }] of answers.entries()) {
  const { mutant, refusal } = chosen[index]!;
  if (failed !== null) continue;
  compared++;
  if (theirs) accepted++;
  if (theirs === (refusal === null)) continue;
  const slots = mutant.code.match(/.{16}/g)?.join(" ");
  (theirs ? strict : unsound).push(
    `${mutant.name}\n    ${slots}\n    ours: ${refusal ?? "accepts"}\n    kernel: ${theirs ? "accepts" : end.trim()}`,
  );
}
for (const line of [`we accept, the kernel refuses: ${unsound.length}`, ...unsound]) console.log(line);
for (const line of [`we refuse, the kernel accepts: ${strict.length}`, ...strict]) console.log(line);
console.log(`${options.kernel}, seed ${options.seed}: ${compared} compared, ${accepted} accepted by the kernel`);
if (unsound.length > 0) process.exitCode = 1;

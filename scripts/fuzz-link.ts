/**
 * Fuzzes what is done with objects once they are read: damaged copies of the fixtures (and of files named on the command
 * line) are relocated against a kernel's types, written and read again, and linked, alone or with an undamaged one. Each must come out
 * or be refused with an error of its own, soon.
 *
 *   node scripts/fuzz-link.ts [--count 100000] [--seed 0] [FILE.o …]
 */

import { globSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Btf, openBtf } from "../src/btf/btf.ts";
import { BtfError } from "../src/btf/errors.ts";
import { CoreError } from "../src/object/core/errors.ts";
import { relocate } from "../src/object/core/relocate.ts";
import { ObjectError } from "../src/object/errors.ts";
import { LinkError } from "../src/object/link/errors.ts";
import { link } from "../src/object/link/link.ts";
import { readObject } from "../src/object/read.ts";
import type { Spec } from "../src/object/spec.ts";
import { WriteError } from "../src/object/write/errors.ts";
import { writeObject } from "../src/object/write/write.ts";
import { mutate } from "../test/object/mutate.ts";

/** Milliseconds that nothing done with a damaged file of this size may take. */
const SLOW = 2000;

const { values, positionals } = parseArgs({
  options: { count: { type: "string", default: "100000" }, seed: { type: "string", default: "0" } },
  allowPositionals: true,
});
const count = Number(values.count);
const first = Number(values.seed);

const objects = resolve(import.meta.dirname, "../test/object");
const paths = [...globSync(join(objects, "{fixtures,link/fixtures,core/fixtures}/*.o")).sort(), ...positionals];
const files = paths.map((path) => ({ name: basename(path), bytes: new Uint8Array(readFileSync(path)) }));
const kernels = ["kernel-moved", "kernel-less", "kernel-twice"].map((name): Btf => {
  const { types } = readObject(readFileSync(join(objects, `core/fixtures/${name}.o`)));
  return openBtf(types ?? new Uint8Array());
});

type Refusal = new (...args: never[]) => Error;
const totals = new Map<string, { done: number; refused: number }>();
let wrong = 0;
let slowest = { time: 0, what: "" };

/** Does one thing with a damaged file; undefined when it was refused, as it may be. */
function attempt<Result>(what: string, file: string, refusals: readonly Refusal[], use: () => Result): Result | undefined {
  let total = totals.get(what);
  if (total === undefined) totals.set(what, (total = { done: 0, refused: 0 }));
  const start = performance.now();
  let result: Result | undefined;
  try {
    result = use();
    total.done++;
  } catch (error) {
    total.refused++;
    const expected = refusals.some((refusal) => error instanceof refusal);
    if (!expected || !(error instanceof Error) || error.message.includes("\n")) {
      wrong++;
      console.error(`${what} ${file}:`, error);
    }
  }
  const time = performance.now() - start;
  if (time > slowest.time) slowest = { time, what: `${what} ${file}` };
  if (time > SLOW) {
    wrong++;
    console.error(`${what} ${file}: ${time.toFixed(0)} ms`);
  }
  return result;
}

function useSpec(file: string, spec: Spec, index: number): void {
  attempt("relocate", file, [CoreError, BtfError], () => relocate(spec, kernels[index % kernels.length]!));
  const written = attempt("write", file, [WriteError, BtfError], () => writeObject(spec));
  // Types that contradict each other, such as a `.maps` whose variables overlap, are written as they are.
  if (written !== undefined) attempt("read again", file, [ObjectError], () => readObject(written, { name: spec.name }));
}

for (let index = 0; index < count; index++) {
  const { name, bytes } = files[index % files.length]!;
  const partner = files[(index * 7 + 3) % files.length]!;
  const seed = first + index;
  const file = `${name}, seed ${seed}`;
  const damaged = mutate(bytes, seed);
  const spec = attempt("read", file, [ObjectError, BtfError], () => readObject(damaged, { name }));
  if (spec !== undefined) useSpec(file, spec, index);
  // Most objects do not go together: every other one is linked alone.
  const together = Math.floor(index / files.length) % 2 === 0;
  const inputs = [{ name: "damaged.o", bytes: damaged }, ...(together ? [partner] : [])];
  const linked = attempt("link", together ? `${file} with ${partner.name}` : file, [LinkError, ObjectError, BtfError], () =>
    link(inputs),
  );
  if (linked !== undefined) attempt("read linked", file, [ObjectError, BtfError], () => readObject(linked, { name }));
}

for (const [what, { done, refused }] of totals) console.log(`${what}: ${done} done, ${refused} refused`);
const memory = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(
  `${count} damaged files: ${wrong} wrong; slowest ${slowest.time.toFixed(1)} ms (${slowest.what}); ${memory} MB at most`,
);
process.exitCode = wrong === 0 ? 0 : 1;

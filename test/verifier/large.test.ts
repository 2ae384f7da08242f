/**
 * Long programs as people write them (`large/*.bpf.c`: a load balancer, a profiler, parsers with loops, callbacks and calls) take
 * our walk as many instructions and stored states as they took Linux 6.18: what is compared, what mattered and what is still read
 * is then the same along the whole way.
 *
 * `large/recorded-6.18.json` is what `node test/verifier/load-objects.ts` printed. The objects are compiled by
 * `clang-19 -target bpfel -mcpu=v3 -g -O2 -fdebug-compilation-dir=. -fno-ident` and `llvm-strip-19 -g`;
 * `node scripts/compare-verdicts.ts test/verifier/large` asks the kernel that runs here.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type ObjectAnswer, readWhole } from "./objects.ts";
import { OurVerifier } from "./ours.ts";

const FOLDER = join(import.meta.dirname, "large");
type Entry = Pick<ObjectAnswer, "file" | "program" | "accepted" | "processed" | "states">;
const recorded: readonly Entry[] = JSON.parse(readFileSync(join(FOLDER, "recorded-6.18.json"), "utf8"));
const verifier = new OurVerifier("6.18");

for (const { file, program, accepted, processed, states } of recorded) {
  test(`${file} ${program}: ${processed} instructions, ${states} states`, () => {
    const { verdict, threw } = verifier.ask(readWhole(join(FOLDER, file), "6.18"), program);
    assert.equal(threw, "");
    assert.deepEqual(
      { accepted: verdict?.accepted, processed: verdict?.processed, states: verdict?.states },
      { accepted, processed, states },
    );
  });
}

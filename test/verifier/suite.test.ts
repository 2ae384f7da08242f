/**
 * The suite's programs get the verdicts that kernels gave them (`node test/verifier/record.ts`). `node test/verifier/compare.ts`
 * tells more of a difference.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OurVerifier } from "./ours.ts";
import { KERNELS, readRecorded } from "./recorded.ts";
import { suite } from "./suite/all.ts";

/** Walks of a million instructions take seconds: compare.ts compares them, too. */
const LONGEST_WALK = 20_000;

/** Where we are stricter than some kernel, and why. Never the other way round. */
const STRICTER: readonly string[] = [
  // A negative offset is compared as unsigned, and lets a program read what lies before the tracepoint's record.
  "core/context of tracepoints: negative",
  // 6.15 and later ask what kind of memory a pointer is to when the load has overwritten it.
  "core/atomics by kind of memory: acquired from the context into its pointer",
  // 6.1 takes two pointers that may be null for the same as one that stands in two registers, and forgets that one is unchecked.
  "core/pruning, not: ids that differ",
];

describe("verdicts of kernels", () => {
  const programs = [...suite()];
  for (const kernel of KERNELS) {
    test(`Linux ${kernel}`, () => {
      const verifier = new OurVerifier(kernel);
      const recorded = readRecorded(kernel);
      const different: string[] = [];
      let compared = 0;
      let missing = 0;
      for (const { name, spec, program } of programs) {
        const theirs = recorded.get(name);
        // Some are recorded on the newest kernel only: see load-suite.ts.
        if (theirs === undefined) {
          missing++;
          continue;
        }
        if (theirs.failed !== undefined || theirs.processed > LONGEST_WALK || STRICTER.includes(name)) continue;
        const { verdict, threw } = verifier.ask(spec, program);
        compared++;
        if (verdict?.accepted === theirs.accepted) continue;
        const ours = verdict === null ? `threw ${threw}` : (verdict.refusal?.text ?? "accepted");
        different.push(`${name}\n    ours:   ${ours}\n    kernel: ${theirs.accepted ? "accepted" : theirs.text}`);
      }
      assert.equal(different.join("\n"), "");
      assert.ok(missing < 90, `${missing} programs were not recorded: node test/verifier/record.ts --kernel ${kernel}`);
      assert.ok(compared > 1500, `${compared} programs were compared`);
    });
  }
});

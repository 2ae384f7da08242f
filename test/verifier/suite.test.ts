/**
 * The suite's programs get the verdicts that kernels gave them (`node test/verifier/record.ts`), but for those in differences.ts.
 * `node test/verifier/compare.ts` tells more of a difference.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { NO_VERDICT, STRICTER } from "./differences.ts";
import { OurVerifier } from "./ours.ts";
import { KERNELS, type KernelName, readRecorded } from "./recorded.ts";
import { suite } from "./suite/all.ts";

/** Walks of a million instructions take seconds: compare.ts compares them, too. */
const LONGEST_WALK = 20_000;

/** How many refusals must end with the kernel's own words. Of older kernels some end with states that are told otherwise here. */
const SAME_WORDS: Readonly<Record<KernelName, number>> = { "6.1": 0.99, "6.12": 0.99, "6.18": 0.995 };

const programs = [...suite()];

describe("verdicts of kernels", () => {
  for (const kernel of KERNELS) {
    test(`Linux ${kernel}`, (context) => {
      const verifier = new OurVerifier(kernel);
      const recorded = readRecorded(kernel);
      const different: string[] = [];
      let compared = 0;
      let missing = 0;
      let refused = 0;
      let sameWords = 0;
      for (const { name, spec, program } of programs) {
        const theirs = recorded.get(name);
        // Some are recorded on the newest kernel only: see load-suite.ts.
        if (theirs === undefined) missing++;
        if (theirs === undefined || theirs.failed !== undefined || theirs.processed > LONGEST_WALK) continue;
        const { verdict, threw } = verifier.ask(spec, program);
        compared++;
        const isStricter = STRICTER[name]?.includes(kernel) === true;
        if (verdict === null || verdict.accepted !== (theirs.accepted && !isStricter)) {
          const ours = verdict === null ? `threw ${threw}` : (verdict.refusal?.text ?? "accepted");
          different.push(`${name}\n    ours:   ${ours}\n    kernel: ${theirs.accepted ? "accepted" : theirs.text}`);
        }
        if (verdict === null || verdict.refusal === null || theirs.text === "") continue;
        refused++;
        if (lastLine(verdict.refusal.text) === lastLine(theirs.text)) sameWords++;
      }
      assert.equal(different.join("\n"), "");
      assert.ok(missing < 90, `${missing} programs were not recorded: node test/verifier/record.ts --kernel ${kernel} --new`);
      assert.ok(compared > 2800, `${compared} programs were compared`);
      const words = `${sameWords} of ${refused} refusals end with the kernel's words`;
      context.diagnostic(`${compared} programs of ${programs.length} compared; ${words}`);
      assert.ok(sameWords / refused >= SAME_WORDS[kernel], words);
    });
  }

  test("kernels that gave none say why", () => {
    const unknown = KERNELS.flatMap((kernel) => [...readRecorded(kernel)]).flatMap(([name, { failed }]) =>
      failed === undefined || NO_VERDICT.some((known) => known.test(failed)) ? [] : [`${name}: ${failed}`],
    );
    assert.deepEqual(unknown, []);
  });
});

describe("the list of differences", () => {
  const document = readFileSync(new URL("../../docs/verifier-differences.md", import.meta.url), "utf8");
  const names = new Set(programs.map(({ name }) => name));
  for (const [name, kernels] of Object.entries(STRICTER)) {
    test(name, () => {
      assert.ok(names.has(name), "the suite has such a program");
      assert.ok(document.includes(`\`${name}\``), "docs/verifier-differences.md names it");
      for (const kernel of kernels) assert.ok(readRecorded(kernel).get(name)?.accepted, `Linux ${kernel} takes it`);
    });
  }
});

function lastLine(text: string): string {
  return text.slice(text.lastIndexOf("\n") + 1);
}

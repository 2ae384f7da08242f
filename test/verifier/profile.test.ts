/** Why paths are walked again: asked for, it is told by place; it changes nothing of the walk. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Verdict } from "../../src/verifier/verdict.ts";
import { readWhole } from "./objects.ts";
import { OurVerifier } from "./ours.ts";

const verifier = new OurVerifier("6.18");

function profile(file: string, program: string, asked = true): Verdict {
  const { verdict, threw } = verifier.ask(readWhole(join(import.meta.dirname, "large", file), "6.18"), program, {
    profile: asked,
  });
  assert.ok(verdict !== null, threw);
  return verdict;
}

describe("why paths are walked again", () => {
  const verdict = profile("text.o", "dns_name");
  const differences = verdict.differences!;

  test("a loop over a packet: how much of it was checked, and how far the index came", () => {
    const packet = differences.find(({ register, before }) => register === 1 && /^pkt\(r=\d+\)$/.test(before ?? ""));
    assert.match(packet?.now ?? "", /^pkt\(r=\d+\)$/);
    assert.notEqual(packet?.now, packet?.before);
    const index = differences.find(({ register, before }) => register === 3 && /^P\d+$/.test(before ?? ""));
    assert.match(index?.now ?? "", /^P?\d+$/);
  });

  test("the most frequent first, each before an instruction that was walked more than once", () => {
    const counts = differences.map(({ count }) => count);
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => b - a),
    );
    for (const { slot, register, stackOffset } of differences) {
      assert.ok(verdict.visits[slot]! > 1);
      assert.ok(register === null || stackOffset === null);
    }
  });

  test("on the stack, too", () => {
    const spilled = profile("profile.o", "sample").differences!.filter(({ stackOffset }) => stackOffset !== null);
    assert.ok(spilled.length > 0);
    for (const { stackOffset } of spilled) assert.ok(stackOffset! % 8 === 0 && stackOffset! >= -512 && stackOffset! <= -8);
  });

  test("the walk is the same, asked or not", () => {
    const plain = profile("text.o", "dns_name", false);
    assert.equal(plain.differences, null);
    assert.deepEqual({ ...plain, differences }, verdict);
  });
});

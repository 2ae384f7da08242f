/** What a census counts as left over: what tests put somewhere, and not what others put elsewhere meanwhile. */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { describe, test } from "node:test";
import { cgroupRoot } from "../../src/engine/linux/cgroups.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { removeGroup } from "../linux/scenario.ts";
import { noEngine, noGroups } from "../linux/this-kernel.ts";
import { KernelCensus } from "./census.ts";
import { startScript } from "./child.ts";
import "./leaks.ts";

/** What is left when a program stays at a group of that name, and nobody holds it. */
async function leftAt(name: string, expected: number): Promise<string[]> {
  const folder = `${cgroupRoot({ facts: MACHINE })}/${name}`;
  mkdirSync(folder);
  try {
    const census = await KernelCensus.open();
    const script = startScript(new URL("./stays-attached.ts", import.meta.url), [`/${name}`], { timeout: 30_000 });
    assert.equal(await script.hear(), true);
    await script.ended;
    return (await census.settled(expected)).map((each) => each.replace(/\d+/, "N"));
  } finally {
    await removeGroup(folder);
  }
}

describe("a program at a control group, held by no process", { skip: noEngine || noGroups }, () => {
  test("a test's group: it is left over", async () => {
    assert.deepEqual(await leftAt(`skep-census-${process.pid}`, 1), ["program N (stays)"]);
  });

  test("another's group: that is another's", async () => {
    assert.deepEqual(await leftAt(`not-of-skep-${process.pid}`, 0), []);
  });
});

/** What is said of other kernels than the machine's: held against their configuration, and against what they answer. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Feature } from "../../../src/engine/kernel-features.ts";
import { kernelFeatures } from "../../../src/engine/kernel-features.ts";
import { MACHINE } from "../../../src/engine/linux/facts.ts";
import { atLeast } from "../../../src/engine/linux/release.ts";
import { sameCallables, wrong } from "../../support/features.ts";

describe("features of this kernel", () => {
  test("what its version has is there, or it was built without", async () => {
    const { features, probed } = await kernelFeatures();
    assert.equal(probed, true);
    const missing = features.filter(
      ({ available, since }) => available === "no" && since !== null && atLeast(MACHINE.release, since),
    );
    assert.deepEqual(wrong(missing.filter(({ cause }) => cause !== "not built in")), []);
    const late = features.filter(
      ({ available, since }) => available === "yes" && since !== null && !atLeast(MACHINE.release, since),
    );
    assert.deepEqual(wrong(late), [], "the table of versions says later than this kernel");
    const named = (kind: Feature["kind"], name: string) =>
      features.find((one) => one.kind === kind && one.name === name)?.available;
    for (const hook of ["kprobe", "fentry", "lsm"]) assert.equal(named("hook", hook), "yes", hook);
    assert.equal(named("attach type", "tcx_ingress"), atLeast(MACHINE.release, "6.6") ? "yes" : "no");
    assert.equal(
      named("link type", "kprobe_multi"),
      atLeast(MACHINE.release, "6.12") ? "yes" : "no",
      "6.1 was built without fprobe",
    );
  });

  test("types, configuration and version say what probes say", async () => {
    const [asked, told] = [await kernelFeatures(), await kernelFeatures({ probe: false })];
    const difference = asked.features.filter((feature) => {
      const other = told.features.find(({ kind, name }) => kind === feature.kind && name === feature.name);
      return other?.available !== "unknown" && other?.available !== feature.available;
    });
    assert.deepEqual(wrong(difference), []);
  });

  test("measurements of its version say of helpers what it says", async () => {
    const [quick, all] = [await kernelFeatures(), await kernelFeatures({ all: true })];
    sameCallables(quick, all);
  });
});

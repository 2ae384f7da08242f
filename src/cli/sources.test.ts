import assert from "node:assert/strict";
import { release } from "node:os";
import { test } from "node:test";
import { forThisKernel, sourceOptions } from "./sources.ts";

test("what runs in this kernel is compiled for its version", () => {
  const { since } = sourceOptions(forThisKernel("firewall.bpf.ts"));
  assert.ok(since === undefined || (/^\d+\.\d+$/.test(since) && release().startsWith(since)), since);
  assert.equal(since === undefined, !/^\d+\.\d/.test(release()));
});

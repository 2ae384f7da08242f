import assert from "node:assert/strict";
import { test } from "node:test";
import { compareKernels, parseKernelVersion, versionCode } from "./version.ts";

test("versions compare by their numbers", () => {
  assert.ok(compareKernels("5.4", "5.15") < 0);
  assert.ok(compareKernels("6.1", "5.19") > 0);
  assert.equal(compareKernels("4.20", "4.20"), 0);
});

test("LINUX_VERSION_CODE", () => assert.equal(versionCode("6.18"), 0x061200));

for (const [text, version] of [
  ["6.1", "6.1"],
  ["v6.1", "6.1"],
  ["6.1.85-generic", "6.1"],
  ["6.18.44+", "6.18"],
  ["06.01", "6.1"],
  ["6", null],
  ["six", null],
  ["6.1; true", null],
  ["", null],
] as const) {
  test(`${JSON.stringify(text)} is ${version ?? "no version"}`, () => assert.equal(parseKernelVersion(text), version));
}

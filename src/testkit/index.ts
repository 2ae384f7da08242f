/** The test kit: docs/testing.md. Packets by layers, programs in an engine of the test's own, and what to expect of both. */

export * from "../packets/index.ts";
export { AssertionError } from "./assertion-error.ts";
export type { Coverage, LineCoverage } from "./coverage.ts";
export type { HookResult, TestHook } from "./hook.ts";
export { type Loaded, load, type TestOptions } from "./load.ts";
export type { TestMap } from "./map.ts";
export type { TestInput, TestProgram } from "./program.ts";
export type { TestResult } from "./result.ts";
export type { Source } from "./source.ts";
export { type Duration, type VirtualTime, virtualTime } from "./time.ts";

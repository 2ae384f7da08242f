/** eBPF for TypeScript: compile a program, open an engine, load it, attach it. The map is docs/architecture.md. */

export * from "./btf/index.ts";
export { compile } from "./compile.ts";
export * from "./engine/dry-run.ts";
export type * from "./engine/engine.ts";
export * from "./engine/errors.ts";
export * from "./engine/kernel-features.ts";
export type { LinuxEngine, LinuxOptions, MapAccess, MapPlace, OpenedMap, ProgramPlace } from "./engine/linux/engine.ts";
export type { CgroupOptions } from "./engine/linux/inspect/cgroups.ts";
export type { ObjectReference } from "./engine/linux/inspect/find.ts";
export type { KernelInspector } from "./engine/linux/inspect/inspector.ts";
export type * from "./engine/linux/inspect/types.ts";
export type { Borrowed } from "./engine/linux/lend/borrow.ts";
export type { Lending, LendOptions } from "./engine/linux/lend/lend.ts";
export { inspectKernel, openEngine } from "./engine/open.ts";
export { openKernelTarget } from "./kernels/types.ts";
export * from "./live/index.ts";
export * from "./object/index.ts";
export * from "./verifier/index.ts";

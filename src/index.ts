/** eBPF for TypeScript: compile a program, open an engine, load it, attach it. The map is docs/architecture.md. */

export { formatIpv4, formatIpv6, ipv4, ipv6 } from "./btf/addresses.ts";
export { compile } from "./compile.ts";
export type * from "./engine/engine.ts";
export * from "./engine/errors.ts";
export { openEngine } from "./engine/open.ts";
export type * from "./object/module.ts";
export type * from "./object/spec.ts";

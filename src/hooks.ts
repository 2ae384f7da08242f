/** Hooks that an application declares, for programs that its users write: docs/hooks.md. */

export * from "./engine/embedded/hooks/index.ts";

/** Hooks of an application's own: docs/hooks.md. */

export type { HookFunction, HookFunctions } from "./functions.ts";
export { type AnyHook, defineHook, type Hook, type HookOptions } from "./hook.ts";
export type { HookLink, HookStatistics } from "./link.ts";
export {
  array,
  bool,
  bytes,
  type ContextOf,
  type Fields,
  type FieldType,
  i8,
  i16,
  i32,
  i64,
  ipv4,
  ipv6,
  mac,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  writable,
} from "./types.ts";

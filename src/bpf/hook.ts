/** Hooks that an application declares: `defineHook` of `skep/hooks`, docs/hooks.md. Only the embedded engine has them. */

import type { ProgramDeclaration } from "../object/module.ts";
import type { u32 } from "./integers.ts";
import { notCompiled } from "./not-compiled.ts";

/**
 * A program at a hook of an application: `export const limit = hook<HttpRequest>("http.request", (request) => …)`.
 *
 * `Context` is an interface of this file, as the hook's `declaration()` gives it; fields that are not `readonly` may be assigned. What is
 * returned is the verdict: 0 decides nothing, unless the hook says otherwise.
 */
export function hook<Context extends object>(_name: string, _program: (context: Context) => u32): ProgramDeclaration<"unspec"> {
  return notCompiled("hook");
}

/** Checks that a program's hook, and its licence, have the helpers that it calls: in its own body, and in functions that it calls. */

import { HELPER, type HelperName } from "../../uapi/helpers.ts";
import { isGplCompatible } from "../../uapi/license.ts";
import type { ProgramType } from "../../uapi/program-types.ts";
import { helperSince } from "../../uapi/since.ts";
import { calledHelper } from "./called-helpers.ts";
import { helperNamed, isNamedHelper } from "./library/helpers.ts";
import { HOOKS } from "./library/hooks.ts";
import { hookHas } from "./library/offers.ts";
import type { Reporter, Span } from "./report.ts";
import type { Expression, FunctionDeclaration, ProgramDeclaration } from "./tree.ts";
import { walk } from "./tree-walk.ts";

/** They may run in the middle of anything (`is_tracing_prog_type` of kernel/bpf/verifier.c). */
const LOCKED_OUT: ReadonlySet<ProgramType> = new Set([
  "kprobe",
  "tracepoint",
  "perf_event",
  "raw_tracepoint",
  "raw_tracepoint_writable",
]);

export function checkHelpers(reporter: Reporter, programs: readonly ProgramDeclaration[], license: string): void {
  const free = isGplCompatible(license);
  const told = new Set<Span>();
  for (const { hook, target, body } of programs) {
    // Whoever declares a hook of its own knows what there is, and so does who takes the place of a function.
    if (hook.type === "unspec" || hook.type === "ext") continue;
    for (const { name, at } of helpersOf(body)) {
      if (told.has(at)) continue;
      if (LOCKED_OUT.has(hook.type) && (name === "bpf_spin_lock" || name.startsWith("bpf_timer_"))) {
        told.add(at);
        const instead = "programs that trace may not use maps with locks or timers: count in a per-CPU map, or use tpBtf, fentry";
        reporter.report("SK3201", at, { helper: name, hook: hook.name, instead });
      } else if (!hookHas(hook, target, name)) {
        told.add(at);
        reporter.report("SK3201", at, { helper: name, hook: hook.name, instead: whoHas(name) });
      } else if (!free && isNamedHelper(name) && helperNamed(name).gpl) {
        told.add(at);
        reporter.report("SK3202", at, { helper: name, license });
      }
    }
  }
}

function* helpersOf(body: FunctionDeclaration): Generator<{ readonly name: HelperName; readonly at: Span }> {
  const seen = new Set([body]);
  for (const fn of seen) {
    const found: { readonly name: HelperName; readonly at: Span }[] = [];
    walk(fn.body, (node) => {
      const name = calledHelper(node as Expression);
      if (name !== null) found.push({ name, at: node.at });
      if (node.kind === "special-call") {
        if ("helper" in node.callee) found.push({ name: node.callee.helper, at: node.at });
        for (const argument of node.arguments) if (argument.kind === "callback") seen.add(argument.callback.function);
      }
      if (node.kind === "call-back") seen.add(node.callback.function);
      else if (node.kind === "call") seen.add(node.function);
    });
    yield* found;
  }
}

function whoHas(name: HelperName): string {
  const hooks = [...HOOKS.values()].filter((hook) => hookHas(hook, hook.target?.example ?? null, name)).map((hook) => hook.name);
  const since = helperSince(HELPER[name]);
  if (hooks.length === 0) return "no hook of the language has it";
  const most = 12;
  const more = hooks.length > most ? `, and ${hooks.length - most} others` : "";
  return `these have it, since Linux ${since}: ${hooks.slice(0, most).join(", ")}${more}`;
}

/** Checks what a program as a whole says of its arena: that there is one, who may allocate in it, and which atomic operations it has. */

import { BPF_F_SLEEPABLE } from "../../object/sections.ts";
import type { AtomicOp } from "../ir/ir.ts";
import { HOOKS, type Hook } from "./library/hooks.ts";
import type { Reporter, Span } from "./report.ts";
import type { Expression, FunctionDeclaration, MapDeclaration, ProgramDeclaration } from "./tree.ts";
import { walk } from "./tree-walk.ts";

export interface Arenas {
  readonly maps: readonly MapDeclaration[];
  readonly programs: readonly ProgramDeclaration[];
  /** Where the source has a pointer into an arena, or a variable in one. */
  readonly needsArena: Span | null;
}

/** The functions of the kernel that methods are, all of which may sleep (`KF_SLEEPABLE` of kernel/bpf/arena.c). */
const SLEEPING: Readonly<Record<string, string>> = {
  allocPages: "bpf_arena_alloc_pages",
  freePages: "bpf_arena_free_pages",
  reservePages: "bpf_arena_reserve_pages",
};

export function checkArenas(reporter: Reporter, { maps, programs, needsArena }: Arenas): void {
  const [first, second] = maps.filter(({ kind }) => kind.type === "arena");
  if (first !== undefined && second !== undefined) {
    const problem = `${first.name} is an arena already, and a program has one`;
    reporter.report("SK3111", second.at, { problem, instead: "keep everything in one arena" });
  }
  if (first === undefined && needsArena !== null) {
    const instead = "declare one: export const heap = arena({ pages: 16 })";
    reporter.report("SK3111", needsArena, { problem: "this is of an arena, and there is none", instead });
  }
  const told = new Set<Span>();
  for (const { hook, body } of programs) {
    for (const node of expressionsOf(body)) if (!told.has(node.at) && refused(reporter, hook, node)) told.add(node.at);
  }
}

/** Whether something was reported. */
function refused(reporter: Reporter, hook: Hook, node: Expression): boolean {
  if (node.kind === "map-call" && node.map.kind.type === "arena" && !maySleep(hook)) {
    const who = [...HOOKS.values()].filter(({ flags }) => (flags & BPF_F_SLEEPABLE) !== 0).map(({ name }) => name);
    const instead = `programs that may sleep have it: syscall, ${who.slice(0, 4).join(", ")} …; others use what those allocated, or an @arena variable`;
    const helper = SLEEPING[node.method] ?? node.method;
    reporter.report("SK3201", node.at, { helper, hook: hook.name, instead });
    return true;
  }
  if (node.kind === "atomic" && LOOPS.has(node.op) && isArena(node.target.object)) {
    const problem =
      "machines find out what was there before such an operation in a loop, which the kernel does not allow in an arena";
    const instead = "write it as a statement, which asks for nothing, or use compareExchange";
    reporter.report("SK3107", node.at, { problem, instead });
    return true;
  }
  return false;
}

/** `bpf_jit_supports_insn` of arch/x86/net/bpf_jit_comp.c: of these with the old value. */
const LOOPS: ReadonlySet<AtomicOp> = new Set<AtomicOp>(["and", "or", "xor"]);

function isArena({ type }: Expression): boolean {
  return type.kind === "reference" && type.memory === "arena";
}

function maySleep({ type, flags }: Hook): boolean {
  // Whoever declares a hook of its own knows what there is, and so does who takes the place of a function.
  return type === "syscall" || type === "unspec" || type === "ext" || (flags & BPF_F_SLEEPABLE) !== 0;
}

/** Of a program and of all functions that it calls, or has called; but for atomic operations that nobody asks for their result. */
function* expressionsOf(body: FunctionDeclaration): Generator<Expression> {
  const seen = new Set([body]);
  for (const fn of seen) {
    const found: Expression[] = [];
    const bare = new Set<Expression>();
    walk(fn.body, (node) => {
      if (node.kind === "evaluate" && node.value.kind === "atomic") bare.add(node.value);
      if (!bare.has(node as Expression)) found.push(node as Expression);
      if (node.kind === "call-back") seen.add(node.callback.function);
      else if (node.kind === "call") seen.add(node.function);
      else if (node.kind === "special-call")
        for (const argument of node.arguments) if (argument.kind === "callback") seen.add(argument.callback.function);
    });
    yield* found;
  }
}

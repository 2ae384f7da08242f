/** Follows sections that the kernel wants closed (RCU, preemption), and dynptrs for which a ring buffer reserved room. */

import type { Reporter } from "./report.ts";
import { type Advice, follow, type Rule } from "./sections.ts";
import type { Expression, FunctionDeclaration, Local } from "./tree.ts";
import { walk } from "./tree-walk.ts";

interface Section {
  readonly takes: string;
  readonly gives: string;
  readonly what: string;
}

const SECTIONS: readonly Section[] = [
  { takes: "bpf_rcu_read_lock", gives: "bpf_rcu_read_unlock", what: "the RCU section" },
  { takes: "bpf_preempt_disable", gives: "bpf_preempt_enable", what: "the section without preemption" },
];

const RESERVES = "bpf_ringbuf_reserve_dynptr";
const HANDS_BACK: ReadonlySet<string> = new Set(["bpf_ringbuf_submit_dynptr", "bpf_ringbuf_discard_dynptr"]);

export function checkHeld(reporter: Reporter, declaration: FunctionDeclaration): void {
  const names = new Set<string>();
  const dynptrs = new Set<Local>();
  const lent = new Set(declaration.parameters);
  walk(declaration.body, (node) => {
    if (node.kind === "special-call") names.add(node.name);
    // Of a parameter, whoever calls is followed.
    if (node.kind === "special-call" || node.kind === "call")
      for (const local of dynptrsOf(node)) if (!lent.has(local) && doneTo(node, local) !== null) dynptrs.add(local);
  });
  for (const section of SECTIONS)
    if (names.has(section.takes) || names.has(section.gives)) follow(reporter, declaration, ruleOf(section));
  for (const local of dynptrs) follow(reporter, declaration, reservationOf(local));
}

const nothing = (): Advice => ({ problem: "", instead: "" });

function ruleOf({ takes, gives, what }: Section): Rule {
  return {
    code: "SK2408",
    does: (value) => {
      if (value.kind !== "special-call") return null;
      return value.name === takes ? "takes" : value.name === gives ? "gives" : null;
    },
    forbids: () => false,
    told: {
      atEnd: (line) => ({
        problem: `${what} that begins in line ${line} is still open where the function ends here`,
        instead: `close it on every path: ${gives}()`,
      }),
      twice: (line) => ({ problem: `${what} is open already, since line ${line}`, instead: `close that first: ${gives}()` }),
      free: () => ({ problem: `${what} may not be open here`, instead: `open it first, on every path: ${takes}()` }),
      forbidden: nothing,
    },
  };
}

function reservationOf(local: Local): Rule {
  return {
    code: "SK2408",
    does: (value) => doneTo(value, local),
    forbids: () => false,
    told: {
      atEnd: (line) => ({
        problem: `${local.name}, reserved in line ${line}, is not handed back where the function ends here`,
        instead: `hand it back on every path, also where there was no room: bpf_ringbuf_discard_dynptr(${local.name})`,
      }),
      twice: (line) => ({
        problem: `${local.name} is reserved already, since line ${line}`,
        instead: `hand it back first: bpf_ringbuf_submit_dynptr(${local.name})`,
      }),
      free: () => ({
        problem: `${local.name} may not be reserved here`,
        instead: `reserve it first, on every path: bpf_ringbuf_reserve_dynptr(events, size, 0, ${local.name})`,
      }),
      forbidden: nothing,
    },
  };
}

type Called = Extract<Expression, { kind: "special-call" | "call" }>;

function dynptrsOf(value: Called): readonly Local[] {
  const given =
    value.kind === "call"
      ? value.arguments
      : value.arguments.flatMap((argument) => (argument.kind === "value" ? [argument.value] : []));
  return given.flatMap((argument) => (argument.kind === "local" && isDynptr(argument.local) ? [argument.local] : []));
}

function isDynptr({ type }: Local): boolean {
  return type.kind === "reference" && type.to.kind === "struct" && type.to.special === "bpf_dynptr";
}

/** What an expression does to a dynptr: itself, or a function of the file that it is given to. */
function doneTo(value: Expression, local: Local): "takes" | "gives" | null {
  if (value.kind === "special-call") {
    if (value.name !== RESERVES && !HANDS_BACK.has(value.name)) return null;
    if (!dynptrsOf(value).includes(local)) return null;
    return value.name === RESERVES ? "takes" : "gives";
  }
  if (value.kind !== "call") return null;
  const index = value.arguments.findIndex((argument) => argument.kind === "local" && argument.local === local);
  const parameter = index < 0 ? undefined : value.function.parameters[index];
  if (parameter === undefined) return null;
  let done: "takes" | "gives" | null = null;
  walk(value.function.body, (node) => {
    if (node.kind === "special-call" || node.kind === "call") done = doneTo(node, parameter) ?? done;
  });
  return done;
}

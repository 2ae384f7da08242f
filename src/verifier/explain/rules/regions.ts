/** What is not allowed where: under a lock, in RCU sections, with preemption or interrupts off, in programs that must not sleep. */

import type { Case } from "../case.ts";
import type { Step } from "../log/path.ts";
import { lastBranch, onEdge } from "./edge.ts";
import { type Finding, type Fix, plain, type Rule } from "./rule.ts";

interface Region {
  readonly name: string;
  readonly enter: RegExp;
  readonly leave: string;
}

const REGIONS = {
  lock: { name: "a spin lock is held", enter: /^bpf_(?:res_)?spin_lock/, leave: "bpf_spin_unlock" },
  rcu: { name: "an RCU section is open", enter: /^bpf_rcu_read_lock/, leave: "bpf_rcu_read_unlock" },
  preempt: { name: "preemption is off", enter: /^bpf_preempt_disable/, leave: "bpf_preempt_enable" },
  irq: { name: "interrupts are off", enter: /^bpf_(?:local_irq_save|res_spin_lock_irqsave)/, leave: "bpf_local_irq_restore" },
} as const satisfies Record<string, Region>;

function regionIn(text: string): keyof typeof REGIONS {
  if (/rcu/i.test(text)) return "rcu";
  if (/preempt/i.test(text)) return "preempt";
  if (/irq/i.test(text)) return "irq";
  return "lock";
}

function entered(one: Case, region: keyof typeof REGIONS): Step | null {
  return one.steps().findLast(({ instruction }) => REGIONS[region].enter.test(instruction.callee ?? "")) ?? null;
}

function marksOf(region: keyof typeof REGIONS, step: Step | null): Finding["marks"] {
  return step === null ? [] : [{ slot: step.slot, kind: "acquire", text: `from here on ${REGIONS[region].name}` }];
}

/** Something that must not happen within a region. */
function forbidden(one: Case, region: keyof typeof REGIONS, what: string, why: string): Finding {
  const since = entered(one, region);
  return {
    problem: `${what} while ${REGIONS[region].name}`,
    reason: `${since === null ? capitalName(region) : `${capitalName(region)} since ${one.where(since.slot)}`}. ${why}`,
    suggestions: [`do it before, or after ${REGIONS[region].leave}`],
    marks: marksOf(region, since) ?? [],
    blame: null,
  };
}

/** A path that ends within a region. */
function unfinished(one: Case, region: keyof typeof REGIONS): Finding {
  const since = entered(one, region);
  return {
    problem: `this path ends while ${REGIONS[region].name}`,
    reason: `${since === null ? capitalName(region) : `${capitalName(region)} since ${one.where(since.slot)}`}; every path must call ${REGIONS[region].leave} before it returns.`,
    suggestions: [`call ${REGIONS[region].leave} before this return`],
    fixes: region !== "lock" || since === null ? [] : unlocks(one, since),
    marks: marksOf(region, since) ?? [],
    blame: null,
  };
}

/** Unlocking where the path leaves the last branch at which a register still points to the lock. */
function unlocks(one: Case, since: Step): Fix[] {
  const lock = one.valueBefore(since, 1);
  if (lock === null) return [];
  const pointer = (step: Step) => [...Array(10).keys()].find((register) => one.valueBefore(step, register)?.text === lock.text);
  const edge = lastBranch(one, (step) => pointer(step) !== undefined);
  if (edge === null || !isAfter(edge.branch, since)) return [];
  return [onEdge(edge, `r1 = r${pointer(edge.branch)}\ncall bpf_spin_unlock#94`, "call bpf_spin_unlock before this return")];
}

function isAfter(step: Step, other: Step): boolean {
  for (let at: Step | null = step; at !== null; at = at.previous) if (at === other) return true;
  return false;
}

function capitalName(region: keyof typeof REGIONS): string {
  const { name } = REGIONS[region];
  return name[0]!.toUpperCase() + name.slice(1);
}

const called = (one: Case) => one.step?.instruction.callee ?? "a function";

export const REGION_RULES: readonly Rule[] = [
  {
    code: "call-under-lock",
    category: "Execution Context",
    pattern: /^(?:global )?function calls are not allowed (while holding a lock|with preemption disabled|with IRQs disabled)/,
    explain: (one, m) =>
      forbidden(
        one,
        regionIn(m[1]!),
        `${called(one)} is called`,
        "Only the helpers of locks, lists and trees, and static functions, may be called there: everything else could wait or take a lock of its own.",
      ),
  },
  {
    code: "exit-in-region",
    category: "Execution Context",
    pattern:
      /^(?:BPF_EXIT instruction in main prog|BPF_EXIT instruction|bpf_throw|tail_call|BPF_LD_\[ABS\|IND\]) cannot be used inside (bpf_\w+)-ed region/,
    explain: (one, m) =>
      /BPF_EXIT/.test(m[0])
        ? unfinished(one, regionIn(m[1]!))
        : forbidden(
            one,
            regionIn(m[1]!),
            `${/tail_call/.test(m[0]) ? "a tail call is made" : /throw/.test(m[0]) ? "an exception is thrown" : "LD_ABS or LD_IND is used"}`,
            "The program may end there, and the region with it.",
          ),
  },
  {
    code: "exit-in-region",
    category: "Execution Context",
    pattern: /^(?:bpf_(spin_unlock|rcu_read_unlock) is missing|\d+ bpf_(preempt_enable)\S* (?:is|are) missing)/,
    explain: (one, m) => unfinished(one, regionIn(m[0])),
  },
  {
    code: "sleep-in-region",
    category: "Execution Context",
    pattern:
      /^(?:sleepable helper (\S+?)#\d+ in|kernel func (\S+) is sleepable within) (?:non-preemptible|rcu_read_lock|IRQ-disabled|\S+) ?region/,
    explain: (one, m) =>
      forbidden(
        one,
        /non-preempt/.test(m[0]) ? "preempt" : regionIn(m[0].replace(/^.*(?:in|within) /, "")),
        `${m[1] ?? m[2]}, which may sleep, is called`,
        "Nothing may wait there.",
      ),
  },
  plain(
    "Execution Context",
    "sleep",
    /^(?:helper call might sleep in a non-sleepable prog|program must be sleepable to call sleepable kfunc (\S+)|(\S+) is not sleepable)/,
    "something that may sleep is called in a program that must not; It could wait for memory or a lock, and this hook cannot wait",
    'load it as sleepable (`SEC("fentry.s/…")`, `lsm.s`, `syscall`, …), where the hook allows it',
  ),
  plain(
    "Execution Context",
    "sleep",
    /^(?:sleepable )?global function (\S+?)\(\) (?:may sleep, )?called in (.*)/,
    "the function `$1`, which may sleep, is called in $2; Nothing may wait there",
    "call it before or after",
  ),
  plain(
    "Execution Context",
    "nested",
    /^(?:Acquiring the same lock again, AA deadlock detected|Cannot acquire .* while .*)/,
    "a lock is taken that this path already holds; It would wait for itself for ever",
    "release it first",
  ),
  plain(
    "Execution Context",
    "rcu-needed",
    /^expected an RCU CS when using (\S+)/,
    "$1 needs an RCU section; What it gives may go away at any time outside of one",
    "call bpf_rcu_read_lock before, and bpf_rcu_read_unlock when done",
  ),
  plain(
    "Execution Context",
    "unmatched",
    /^(?:unmatched rcu read unlock|unmatched attempt to enable preemption) \(kernel function (\S+)\)/,
    "$1 ends what was not begun on this path; Sections begin and end in pairs",
    "begin it on every path that leads here",
  ),
  plain(
    "Execution Context",
    "nested",
    /^nested rcu read lock \(kernel function (\S+)\)/,
    "an RCU section within another; This kernel allows one at a time",
    "one pair around all of it",
  ),
  plain(
    "Execution Context",
    "nested",
    /^Locking two bpf_spin_locks are not allowed/,
    "a second spin lock is taken while one is held; Two could wait for each other for ever",
    "release the first one before",
  ),
  plain(
    "Execution Context",
    "unmatched",
    /^bpf_(\S*spin_unlock\S*) (without taking a lock|of different lock|cannot be out of order)/,
    "bpf_$1 $2; The lock that was taken last on this path is released first, through the same pointer",
    "unlock what was locked, on every path once",
  ),
  plain(
    "Execution Context",
    "lock-needed",
    /^(?:bpf_spin_lock at off=(-?\d+) must be held for (\S+)|held lock and object are not in the same allocation)/,
    "a list or tree is used without its lock; The lock that stands beside it must be held",
    "call bpf_spin_lock on the lock in the same value (or object) first",
  ),
  plain(
    "Execution Context",
    "lock-place",
    /^(?:map|local|(\S+)) ?'(\S+)' has (?:no valid|to have BTF in order to use) (\S+?)$/,
    "the value of `$2` has no $3 that the verifier knows of; It is found by its type, so the map needs types (BTF) in which it stands",
    "declare the value as a struct with a `struct $3` in it, and compile with -g",
  ),
  plain(
    "Execution Context",
    "lock-place",
    /^off (-?\d+) doesn't point to 'struct (\S+)'(?: that is at (-?\d+))?/,
    "the pointer is not to the $2; It points to byte $1 of the value, the $2 is elsewhere ($3)",
    "pass its address: `&value->…`",
  ),
  plain(
    "Execution Context",
    "lock-place",
    /^(?:map '(\S+)'|socket filter progs|tracing progs|sleepable progs) (?:cannot use (\S+) yet|doesn't have '(.*)'|has more than (.*)|has repeating (.*)|is not a struct type or (.*))/,
    "a map has something special that this program cannot use; The special thing is $2$3$4$5$6",
    "use a map without it for this type of program",
  ),
  plain(
    "Execution Context",
    "callback",
    /^(?:Calling bpf_rcu_read_\{lock,unlock\} in unnecessary rbtree callback|can't spin_\{lock,unlock\} in rbtree cb|rbtree_remove not allowed in rbtree cb|cannot tail call within exception cb|cannot use BPF_LD_\[ABS\|IND\] within callback)/,
    "not allowed within this callback; It runs while the caller holds its lock (or the program ends)",
    "do it outside of the callback",
  ),
  plain(
    "Execution Context",
    "map-sleepable",
    /^Sleepable programs can only use (.*) maps/,
    "this type of map cannot be used by programs that may sleep; They can use $1 maps",
    "use one of these, or a program that does not sleep",
  ),
  plain(
    "Execution Context",
    "timer",
    /^bpf_timer cannot be used for PREEMPT_RT/,
    "timers cannot be used on this kernel; It is built for real time (PREEMPT_RT)",
    "use a work queue (bpf_wq)",
  ),
  plain(
    "Execution Context",
    "iterator-context",
    /^css_task_iter is only allowed in (.*)/,
    "the iterator over a cgroup's tasks cannot be used here; It is for $1",
    "use it in such a program",
  ),
];

/** What is taken and must be given back: references, dynptrs, iterators, owned objects. */

import type { Case } from "../case.ts";
import type { Step } from "../log/path.ts";
import { lastBranch, onEdge } from "./edge.ts";
import { type Finding, type Fix, plain, type Rule } from "./rule.ts";

/** What gives back what a function gave. */
const RELEASE: readonly (readonly [RegExp, string])[] = [
  [/^bpf_ringbuf_reserve$/, "bpf_ringbuf_submit or bpf_ringbuf_discard"],
  [/^bpf_ringbuf_reserve_dynptr$/, "bpf_ringbuf_submit_dynptr or bpf_ringbuf_discard_dynptr"],
  [/^bpf_(?:sk_lookup|skc_lookup)/, "bpf_sk_release"],
  [/^bpf_map_lookup_elem$/, "bpf_sk_release"],
  [/^bpf_kptr_xchg$/, "bpf_kptr_xchg into a map, or its release function"],
  [/^bpf_task_(?:acquire|from)/, "bpf_task_release"],
  [/^bpf_cgroup_(?:acquire|from|ancestor)/, "bpf_cgroup_release"],
  [/^bpf_cpumask_(?:create|acquire)/, "bpf_cpumask_release"],
  [/^bpf_obj_new/, "bpf_obj_drop, or adding it to a list or tree"],
  [/^bpf_percpu_obj_new/, "bpf_percpu_obj_drop"],
  [/^bpf_(?:list_pop|rbtree_remove)/, "bpf_obj_drop, or adding it to a list or tree again"],
  [/^bpf_iter_(\w+)_new$/, "the iterator's _destroy"],
  [/^bpf_local_irq_save$/, "bpf_local_irq_restore"],
  [/^bpf_dynptr_clone$/, "the release of the dynptr it was cloned from"],
];

function releaseOf(callee: string): string {
  return RELEASE.find(([pattern]) => pattern.test(callee))?.[1] ?? "its release function";
}

function leak(one: Case, m: RegExpExecArray): Finding {
  const taken = Number(m[2]);
  const at = one.stepAt(taken);
  const callee = at?.instruction.callee ?? "the call";
  const release = releaseOf(callee);
  const end = one.verdict.find((line) => /would lead to reference leak|tail_call/.test(line));
  const ending =
    end !== undefined && /tail_call/.test(end)
      ? "before the tail call (where it happens, the rest is not reached)"
      : "before the end of the program";
  const isRing = callee === "bpf_ringbuf_reserve";
  return {
    problem: `what ${callee} gave in ${one.where(taken)} is not given back on this path`,
    reason: `It must be given back with ${release} on every path, ${ending}. This path ends in ${one.where(one.slot ?? 0)} and still holds it.`,
    suggestions: [
      `call ${release} before this return`,
      "in C a common way: `goto out;` instead of returns, and one place at the end that gives it back",
    ],
    fixes: isRing ? discards(one, m[1]!) : [],
    marks: [{ slot: taken, kind: "acquire", text: `${callee} gives it` }],
    blame: null,
  };
}

/** Giving it back where the path leaves the last branch at which a register holds it. */
function discards(one: Case, id: string): Fix[] {
  const held = (step: Step) =>
    [...Array(10).keys()].find((register) => one.valueBefore(step, register)?.fields.get("ref_obj_id") === id);
  const edge = lastBranch(one, (step) => held(step) !== undefined);
  if (edge === null) return [];
  const code = `r1 = r${held(edge.branch)}\nr2 = 0\ncall bpf_ringbuf_discard#133`;
  return [onEdge(edge, code, "call bpf_ringbuf_submit or bpf_ringbuf_discard before this return")];
}

function acquiredBefore(one: Case): Step | null {
  return one.steps().findLast(({ instruction }) => /_new$|reserve|acquire|lookup/.test(instruction.callee ?? "")) ?? null;
}

export const RESOURCE_RULES: readonly Rule[] = [
  plain(
    "Resource Lifetime",
    "ownership",
    /^more than one arg with ref_obj_id/,
    "two owned objects are given to one call; Which of them it takes could not be told",
    "pass one of them, or give one back before",
  ),
  { code: "leak", category: "Resource Lifetime", pattern: /^Unreleased reference id=(\d+) alloc_insn=(\d+)/, explain: leak },
  plain(
    "Resource Lifetime",
    "leak",
    /^(?:tail_call would lead to reference leak|BPF_LD_\[ABS\|IND\] (?:cannot be mixed with socket references|would lead to reference leak)|(.*) would lead to reference leak)/,
    "something is still held where the program may end; What was taken must be given back before",
    "give it back before this point",
  ),
  plain(
    "Resource Lifetime",
    "not-acquired",
    /^(?:func|kfunc) (\S+?)#(\d+) reference has not been acquired before/,
    "$1 is given something that the program does not own; Only what was acquired can be released, and only once",
    "release it once, and only what an acquiring function returned",
  ),
  {
    code: "not-acquired",
    category: "Resource Lifetime",
    pattern: /^R(\d+) must be referenced when passed to release function/,
    explain: (one, m) => ({
      problem: `${one.step?.instruction.callee ?? "a release function"} is given something that the program does not own`,
      reason: `Argument ${m[1]} was not acquired on this path, or was released before: a release needs what an acquiring function returned.`,
      suggestions: ["release it once, and only what an acquiring function returned"],
      blame: Number(m[1]),
    }),
  },
  plain(
    "Resource Lifetime",
    "release-offset",
    /^R(\d+) must have zero offset when passed to release func/,
    "a pointer into the middle of an object is released; Release the pointer that was acquired, unchanged",
    "keep the original pointer",
  ),
  plain(
    "Resource Lifetime",
    "release-kind",
    /^(?:release kernel function (\S+) expects refcounted PTR_TO_BTF_ID|arg (\d+) is an unacquired reference|allocated object must be referenced)/,
    "an object that the program does not own is given away; It must be one that was acquired and is still held",
    "pass what an acquiring function returned",
  ),
  plain(
    "Resource Lifetime",
    "dynptr",
    /^Expected an initialized dynptr as arg #(\d+)/,
    "argument $1 must be a dynptr that is initialised; On this path it is not, or was given back",
    "initialise it with bpf_dynptr_from_mem, bpf_ringbuf_reserve_dynptr, …, on every path",
  ),
  plain(
    "Resource Lifetime",
    "dynptr",
    /^Dynptr has to be an uninitialized dynptr/,
    "a dynptr that is in use would be overwritten; It must not be initialised yet",
    "use another variable, or give back what it holds first",
  ),
  plain(
    "Resource Lifetime",
    "dynptr",
    /^Expected a dynptr of type (\S+) as arg #(\d+)/,
    "argument $2 must be a dynptr of kind $1; This is one of another kind",
    "make it with the function for $1",
  ),
  plain(
    "Resource Lifetime",
    "dynptr",
    /^(?:cannot overwrite referenced dynptr|potential write to dynptr at off=(-?\d+) disallowed)/,
    "a dynptr on the stack would be overwritten; What it holds could not be given back any more",
    "give it back first, and do not write to its 16 bytes",
  ),
  plain(
    "Resource Lifetime",
    "dynptr",
    /^(?:cannot pass in (?:dynptr|(\S+)) at an offset(?:=(-?\d+))?|arg#(\d+) expected pointer to stack or const struct bpf_dynptr)/,
    "the pointer to a dynptr does not point to its beginning; A dynptr is a variable on the stack, 16 bytes at a multiple of 8",
    "pass `&dynptr` itself",
  ),
  plain(
    "Resource Lifetime",
    "dynptr",
    /^(?:cannot pass pointer to const bpf_dynptr, the helper mutates it|cannot release unowned const bpf_dynptr)/,
    "a dynptr that belongs to somebody else would be changed; In callbacks it may be read only",
    "make one of your own: bpf_dynptr_clone",
  ),
  plain(
    "Resource Lifetime",
    "dynptr",
    /^Unsupported reg type (\S+) for bpf_dynptr_from_mem data/,
    "bpf_dynptr_from_mem cannot take $1; It takes memory of map values",
    "point it at a value of a map",
  ),
  plain(
    "Resource Lifetime",
    "iterator",
    /^expected (an initialized|uninitialized) iter_(\S+) as arg #(\d+)/,
    "the $2 iterator must be $1 here; _new begins it, _next steps, _destroy ends it, in that order on every path",
    "call bpf_iter_$2_new once before, and bpf_iter_$2_destroy once after",
  ),
  plain(
    "Resource Lifetime",
    "iterator",
    /^(?:expected valid iter pointer as arg #(\d+)|arg#(\d+) expected pointer to an iterator on stack)/,
    "an iterator must be a variable on the stack; Its pointer must point to its beginning",
    "declare it as a local variable and pass its address",
  ),
  plain(
    "Resource Lifetime",
    "irq",
    /^expected (an initialized|uninitialized) irq flag as arg#(\d+)/,
    "the variable for the interrupt state must be $1 here; bpf_local_irq_save fills it, bpf_local_irq_restore ends it",
    "save once, restore once, with the same variable",
  ),
  plain(
    "Resource Lifetime",
    "irq",
    /^(?:cannot restore irq state out of order, expected id=(\d+) acquired at insn_idx=(\d+)|arg#(\d+) doesn't point to an irq flag on stack|irq flag acquired by (\S+) kfuncs cannot be restored with (\S+) kfuncs)/,
    "interrupts are restored in the wrong order; What was saved last is restored first",
    "restore in the reverse order of the saves",
  ),
  plain(
    "Resource Lifetime",
    "ownership",
    /^(?:arg#(\d+) is neither owning or non-owning ref|rbtree_remove node input must be non-owning ref|R(\d+) must be (?:an )?owning reference)/,
    "a node is used in a way that its ownership does not allow; Adding to a list or tree gives it away, and what is left is a borrowed pointer",
    "add what you own, remove what is in there",
  ),
  plain(
    "Resource Lifetime",
    "kptr",
    /^(?:store to referenced kptr disallowed|BPF_ST imm must be 0 when storing to kptr at off=(\d+)|kptr (?:access|in map|cannot)(.*))/,
    "a kernel pointer in a map is accessed like plain memory; It is read as a whole, and changed with bpf_kptr_xchg only",
    "use bpf_kptr_xchg",
  ),
  plain(
    "Resource Lifetime",
    "kptr",
    /^(?:invalid kptr access, R(\d+) type=(\S+)|off=(\d+) (?:doesn't point to kptr|kptr isn't referenced kptr)|R(\d+) has no valid kptr)/,
    "the kernel pointer stored or exchanged does not fit its place in the map; Type and kind (`__kptr`) must be those of the declaration",
    "use the type that the field is declared with",
  ),
  plain(
    "Resource Lifetime",
    "special-field",
    /^(\S+) cannot be accessed directly by load\/store/,
    "$1 is read or written directly; Only its helpers may touch it",
    "access the fields beside it, one by one: no copies of the whole value",
  ),
  {
    code: "leak",
    category: "Resource Lifetime",
    pattern: /^(?:arg|R)#?(\d+) (?:is already released|reference has been released)/,
    explain: (one) => {
      const taken = acquiredBefore(one);
      return {
        problem: "something is used after it was given back",
        reason: "What was released may be gone or belong to somebody else.",
        suggestions: ["use it before it is released"],
        ...(taken === null ? {} : { marks: [{ slot: taken.slot, kind: "acquire" as const, text: "it was taken here" }] }),
      };
    },
  },
];

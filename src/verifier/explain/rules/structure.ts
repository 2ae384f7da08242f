/** The program as a whole: its control flow, its loops, its size, its encoding. */

import type { Case } from "../case.ts";
import { describeValue } from "../words.ts";
import { type Finding, plain, type Rule } from "./rule.ts";

/** Of long logs only the end is looked at: what happened last is what happens most. */
const END_OF_LOG = 5000;

/** The places that the walk came past most often, one a source line, as far as it is known. */
function hottest(one: Case, limit = 3): { readonly slot: number; readonly visits: number }[] {
  const lines = new Map<string, { readonly slot: number; visits: number }>();
  const count = (slot: number, visits: number) => {
    const { file, line } = one.place(slot);
    const key = line > 0 ? `${file}:${line}` : `#${slot}`;
    const found = lines.get(key);
    if (found === undefined) lines.set(key, { slot, visits });
    else found.visits += visits;
  };
  if (one.visits === null) {
    for (const event of one.log.events.slice(-END_OF_LOG)) if (event.kind === "instruction") count(event.slot, 1);
  } else {
    for (const [slot, visits] of one.visits.entries()) if (visits > 0) count(slot, visits);
  }
  const sorted = [...lines.values()].sort((a, b) => b.visits - a.visits);
  // What is hardly visited beside the first is no part of it.
  return sorted.slice(0, limit).filter(({ visits }) => visits * 20 >= (sorted[0]?.visits ?? 0));
}

function tooLarge(one: Case, m: RegExpExecArray): Finding {
  const hot = hottest(one);
  const loop =
    hot[0] !== undefined && hot[0].visits > 2 ? ` It was mostly at ${hot.map(({ slot }) => one.where(slot)).join(", ")}.` : "";
  return {
    problem: "the program has too many paths: the verifier gave up after a million instructions",
    reason: `It is not the size that counts but the way: every path and every turn of a loop is walked (${m[1] ?? "1000001"} instructions so far, 1,000,000 are allowed).${loop}`,
    suggestions: [
      "a loop of many turns: `bpf_loop()` (5.17), `bpf_for()` (6.4) or `may_goto` (6.9) are walked once, not turn by turn",
      "branches within a loop multiply: move the body into a global function (`__noinline`, not static), which is verified once",
      "keep fewer values alive over the loop: states that differ in a value that matters cannot be merged",
      "see where the steps go: `skep verify --profile FILE`",
    ],
    marks: hot.slice(0, 1).map(({ slot }) => ({ slot, kind: "note" as const, text: "most of the steps are here" })),
    blame: null,
  };
}

function endless(one: Case, m: RegExpExecArray): Finding {
  const slot = Number(m[1]);
  const condition = one.steps().findLast(({ instruction }) => instruction.kind === "jump" && (instruction.jump ?? 0) < 0);
  const compared = condition?.instruction.dst ?? null;
  const value = condition === undefined || compared === null ? null : one.valueBefore(condition, compared);
  return {
    problem: "the verifier cannot see that this loop ends",
    reason: `It came to ${one.where(slot)} twice and knew the same of everything: nothing that it can follow has changed in between.${
      condition === undefined || value === null
        ? ""
        : ` The loop goes on while \`${condition.instruction.text.replace(/ goto.*$/, "").replace(/^if /, "")}\`, and r${compared} is ${describeValue(value)} in every turn.`
    } A counter that lies in a map or a packet may be changed by others.`,
    suggestions: [
      "count in a local variable, with a constant limit: `for (int i = 0; i < 64; i++)`",
      "or use `bpf_loop()` (5.17), `bpf_for()` (6.4)",
    ],
    slot,
    blame: compared,
    ...(condition === undefined
      ? {}
      : { marks: [{ slot: condition.slot, kind: "branch" as const, text: "the loop goes on here" }] }),
  };
}

function complex(one: Case, m: RegExpExecArray): Finding {
  const hot = hottest(one);
  return {
    problem: `too many branches are open at one time: ${Number(m[1]) - 1} are allowed`,
    reason: `Each condition that may go both ways is put aside to be walked later, and there are ${m[1]}.${hot[0] === undefined ? "" : ` The last were at ${hot.map(({ slot }) => one.where(slot)).join(", ")}.`}`,
    suggestions: [
      "split the program into functions (global ones are verified by themselves), or into programs with tail calls",
      "reduce branches in unrolled loops: a mask (`i & 63`) instead of min(), a table instead of a switch",
    ],
    blame: null,
  };
}

export const STRUCTURE_RULES: readonly Rule[] = [
  {
    code: "too-complex",
    category: "Program Structure",
    pattern: /^BPF program is too large\. Processed (\d+) insn/,
    explain: tooLarge,
  },
  {
    code: "too-many-branches",
    category: "Program Structure",
    pattern: /^The sequence of (\d+) jumps is too complex/,
    explain: complex,
  },
  { code: "endless-loop", category: "Program Structure", pattern: /^infinite loop detected at insn (\d+)/, explain: endless },
  {
    code: "endless-loop",
    category: "Program Structure",
    pattern: /^back-edge from insn (\d+) to (\d+)/,
    explain: (one, m) => ({
      problem:
        m[1] === m[2] || Number(m[2]) <= Number(m[1])
          ? "there is a loop (or a function that calls itself), which is not allowed here"
          : "there is a loop, which is not allowed here",
      reason: `Instruction ${m[1]} goes back to ${one.where(Number(m[2]))}. Kernels before 5.3 know no loops, later ones none for unprivileged processes, and none knows recursion.`,
      suggestions: ["unroll it: `#pragma unroll`, with a constant number of turns", "replace recursion by a loop"],
      slot: Number(m[1]),
      blame: null,
    }),
  },
  plain(
    "Program Structure",
    "endless-loop",
    /^(?:frame(\d+) )?bpf_loop iteration limit reached/,
    "the callback of bpf_loop does not settle; Its state changes in every turn, and the verifier gave up",
    "keep numbers that grow out of the callback's context",
  ),
  plain(
    "Program Structure",
    "unreachable",
    /^unreachable insn (\d+)/,
    "instruction $1 is never reached; Every instruction must be reachable from the beginning",
    "remove it. From a compiler: a function that never returns was taken for one (`__builtin_unreachable`), or code after a helper that does not return",
  ),
  plain(
    "Program Structure",
    "end",
    /^last insn is not an exit or jmp/,
    "the program (or a function) runs off its end; The last instruction must be exit or a jump",
    "return a value at the end",
  ),
  plain(
    "Program Structure",
    "jump",
    /^jump out of range from insn (\d+) to (-?\d+)/,
    "a jump leaves its function; It goes from instruction $1 to $2",
    "jump within the function",
  ),
  plain(
    "Program Structure",
    "jump",
    /^jump into the middle of ldimm64 insn (\d+)/,
    "a jump into the middle of instruction $1; A 64-bit load takes two slots",
    "jump to its beginning",
  ),
  plain(
    "Program Structure",
    "jump",
    /^(?:insn (\d+) cannot be patched due to 16-bit range|invalid insn idx (\d+) insn_cnt (\d+)|invalid may_goto (?:off (-?\d+) )?imm (-?\d+))/,
    "a jump that is too far; Jumps reach 32768 instructions",
    "split the function",
  ),
  plain(
    "Program Structure",
    "recursion",
    /^the call stack of (\d+) frames is too deep/,
    "functions call each other too deeply: $1 frames, 8 are allowed; A function that calls itself never comes to an end here",
    "replace recursion by a loop, and flatten the chain of calls",
  ),
  plain(
    "Program Structure",
    "recursion",
    /^recursive call from (.*)/,
    "a function calls itself ($1); A program must be proven to end",
    "write a loop",
  ),
  plain(
    "Program Structure",
    "size",
    /^(?:too many subprograms|too many different (?:kernel function calls|module BTFs)|The total number of maps per program has reached the limit of (\d+))/,
    "too many of one kind in the program: functions (256), kernel functions (256) or maps (64); The kernel has a limit for each",
    "split the program: tail calls",
  ),
  plain(
    "Program Structure",
    "size",
    /^max struct nesting depth exceeded/,
    "structs lie in structs too deeply; The kernel looks 4 deep",
    "flatten the struct",
  ),
  plain(
    "Program Structure",
    "encoding",
    /^div by zero/,
    "a division by the constant 0; At run time a division by 0 gives 0, but as a constant it can only be a mistake",
    "divide by something else",
  ),
  plain(
    "Program Structure",
    "encoding",
    /^invalid shift (-?\d+)/,
    "a shift by $1; Shifts are by less than the width: 0 to 31, or 0 to 63",
    "correct the constant",
  ),
  plain(
    "Program Structure",
    "encoding",
    /^unknown opcode e5/,
    "a loop that ends when the kernel says so, which this kernel does not; `may_goto`, `canLoop()` and `can_loop` came with Linux 6.9",
    "give the loop an end that the verifier finds: `for (const i of range(n))`, `bpf_for`, `bpf_loop`",
  ),
  plain(
    "Program Structure",
    "encoding",
    /^(?:BPF_\S+(?: \S+)? uses reserved fields|unknown opcode (\S+)|unknown insn class (\d+)|invalid BPF_\S+ ?(?:opcode )?(\S*)|unrecognized bpf_ld_imm64 insn|invalid bpf_ld_imm64 insn|BPF_LD_\[ABS\|IND\] uses reserved fields)/,
    "an instruction that this kernel does not know; Its opcode $1$3 is wrong, or newer than the kernel",
    "compile for an older processor version: `-mcpu=v3` (5.1), `-mcpu=v2` (4.14)",
  ),
  plain(
    "Program Structure",
    "encoding",
    /^(?:addr_space_cast insn (.*)|sign extending loads from arena are not supported yet|CAP_BPF and CAP_PERFMON are required to use arena|JIT (?:doesn't support|is required to use) arena|Only one arena per program|arena's user address must be set.*)/,
    "arenas cannot be used like this; $1",
    "see the kernel's documentation of BPF_MAP_TYPE_ARENA",
  ),
  plain(
    "Program Structure",
    "legacy-packet",
    /^(?:LD_ABS is (?:only allowed in functions that return 'int'|not allowed in subprogs without BTF)|tail_call is (?:only allowed in functions that return 'int'|not allowed in subprogs without BTF))/,
    "LD_ABS and tail calls end the program, so only functions that return int may use them; And only where the program has types (BTF)",
    "compile with -g, and let the function return int",
  ),
  plain(
    "Program Structure",
    "types",
    /^(?:number of funcs in func_info doesn't match number of subprogs|func_info BTF section doesn't match subprog layout in BPF program|missing btf func_info|invalid (?:type id (\d+) in func info|func info rec size (\d+)|btf id for main subprog in func_info)|same or smaller insn offset.*|nonzero (?:insn_off|tailing record).*|missing bpf_line_info for .*|Invalid (?:line_info|core_relo|insn code at line_info).*)/,
    "the program's records of functions or lines do not fit its instructions; They come from its types (.BTF.ext)",
    "compile it anew, or load it without types",
  ),
  plain(
    "Program Structure",
    "types",
    /^(?:BTF of func#(\d+) doesn't point to KIND_FUNC|Global functions need valid BTF|Program extension requires BTF|func '?(\S+)'? .* BTF.*|unable to resolve the size of type '(\S+)'.*|kern ctx type id .*|invalid btf_id for context argument.*|Please fix kernel .*|btf_vmlinux is malformed|in-kernel BTF is malformed)/,
    "types (BTF) are missing or wrong; Global functions are known by them",
    "compile with -g",
  ),
  plain(
    "Program Structure",
    "map-load",
    /^(?:fd (\d+) is not pointing to valid bpf_map|fd_idx without fd_array is invalid|invalid module BTF (?:object )?[Ff][Dd] specified\.?|pseudo btf_id (\d+) in ldimm64 isn't KIND_VAR.*|ldimm64 (.*))/,
    "a load of a map or kernel variable that does not work; The loader put something into it that is not there",
    "load the object with a loader that relocates it: `skep run`, libbpf, bpftool",
  ),
  plain(
    "Program Structure",
    "callbacks",
    /^(?:callbacks are not allowed in non-JITed programs|calling kernel functions are not allowed in non-JITed programs|tail_calls are not allowed in non-JITed programs with bpf-to-bpf calls|JIT doesn't support bpf-to-bpf calls|JIT (?:is required for|does not support) calling (?:kernel function|kfunc).*)/,
    "this needs the JIT compiler, which is off; The interpreter cannot do it",
    "turn it on: `sysctl net.core.bpf_jit_enable=1`",
  ),
];

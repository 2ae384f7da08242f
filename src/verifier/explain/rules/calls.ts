/** Calls of helpers, kernel functions and functions of the program: which exist, and what they take. */

import { HELPER, helperName } from "../../../uapi/helpers.ts";
import { MAP_TYPE } from "../../../uapi/map-types.ts";
import { isOffered } from "../../../uapi/offers/offers.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../../uapi/program-types.ts";
import { helperSince } from "../../../uapi/since.ts";
import type { Case } from "../case.ts";
import { type Finding, plain, type Rule } from "./rule.ts";

/** What does nearly the same, where the one asked for is not there. */
const INSTEAD: Readonly<Record<string, string>> = {
  bpf_probe_read: "bpf_probe_read_kernel or bpf_probe_read_user (since 5.5)",
  bpf_probe_read_str: "bpf_probe_read_kernel_str or bpf_probe_read_user_str (since 5.5)",
  bpf_get_current_task_btf: "bpf_get_current_task",
  bpf_redirect_peer: "bpf_redirect",
  bpf_xdp_adjust_tail: "bpf_skb_change_tail in programs of tc",
  bpf_skb_load_bytes: "direct access through ctx->data, checked against ctx->data_end; bpf_xdp_load_bytes in XDP (since 5.18)",
  bpf_skb_store_bytes: "direct access through ctx->data; bpf_xdp_store_bytes in XDP (since 5.18)",
  bpf_get_current_pid_tgid: "nothing: this hook runs in no process's name; note it in a map from a hook that does",
  bpf_get_current_comm: "nothing: this hook runs in no process's name; note it in a map from a hook that does",
  bpf_trace_printk: "a ring buffer, and its output on the other side",
  bpf_ktime_get_boot_ns: "bpf_ktime_get_ns",
  bpf_override_return: "a program of type kprobe on a function that allows errors to be injected",
  bpf_send_signal: "a program of type kprobe, tracepoint or perf_event",
};

function unavailable(one: Case, helper: string, number: number): Finding {
  const type = one.program?.type ?? null;
  const known = helperName(number) ?? (helper in HELPER ? helper : null);
  const since = known === null ? null : helperSince(number);
  const instead = INSTEAD[known ?? helper];
  if (number === POISON.type) return missingType(one);
  if (number >= POISON.kfunc) return missingFunction(one, number - POISON.kfunc);
  if (number >= POISON.map) return missingMap(one, number - POISON.map);
  if (known === null) {
    return {
      problem: `there is no helper number ${number}`,
      reason: `This kernel has none of that number${helper === "unknown" ? "" : ` (${helper})`}: it may come with a newer one.`,
      suggestions: ["check the number, or run it on a newer kernel"],
      blame: null,
    };
  }
  return {
    problem: `${known} is not there for ${type === null ? "programs of this type" : `programs of type ${type}`}`,
    reason: `Which helpers there are depends on the type of program, the kernel's version${since === null ? "" : ` (${known} came with ${since})`}, its configuration (lockdown hides some), and the licence.${offeredTo(number)}`,
    suggestions: [
      ...(instead === undefined ? [] : [`use ${instead}`]),
      "or attach the program to a hook whose type has it",
      "see what this kernel has: `bpftool feature probe`",
    ],
    blame: null,
  };
}

/** The newest kernel that is known in whole. */
const NEWEST = 618;
/** Types that are named, at most. */
const MOST_TYPES = 6;

/** Which types of programs have a helper, as a sentence; empty when that is not known. */
function offeredTo(helper: number): string {
  const types = (Object.keys(PROGRAM_TYPE) as ProgramType[]).filter(
    (type) => type !== "unspec" && isOffered(NEWEST, helper, type, null, ""),
  );
  if (types.length === 0) return "";
  const named = types.slice(0, MOST_TYPES).join(", ");
  return ` On 6.18 it is there for ${named}${types.length > MOST_TYPES ? ` and ${types.length - MOST_TYPES} more types` : ""}.`;
}

/**
 * What loaders (libbpf's numbers) call in the place of what is not there: a field or type of the kernel's, the map or the extern with that
 * number behind the base.
 */
const POISON = { type: 195896080, map: 2_001_000_000, kfunc: 2_002_000_000 } as const;

/** A map that was not made, because nobody asked for it (`autocreate`). */
function missingMap(one: Case, place: number): Finding {
  const name = one.names.spec?.maps[place]?.name ?? null;
  return {
    problem: `${name === null ? "a map" : `the map \`${name}\``} is used, which was not made`,
    reason:
      "It is made only when somebody asks for it, so the instruction is replaced by a call of a helper that does not exist, and refused where it is reached.",
    suggestions: ["have it made, or guard what uses it by a constant that says whether it is there"],
    blame: null,
  };
}

/** A kernel function that may be missing (`__weak`), and is. */
function missingFunction(one: Case, place: number): Finding {
  const name = one.program?.externs?.[place]?.name ?? null;
  return {
    problem: `${name === null ? "a kernel function" : `\`${name}\``} is called, which this kernel does not have`,
    reason:
      "It is declared so that it may be missing (`__weak`): the call is replaced by one of a helper that does not exist, and refused where it is reached.",
    suggestions: [`guard it: \`if (bpf_ksym_exists(${name ?? "function"})) …\``],
    blame: null,
  };
}

/** A relocation found no such type or field in the kernel, and the instruction was reached all the same. */
function missingType(one: Case): Finding {
  const poisoned = one.program?.poisoned?.find(({ slot }) => slot === one.slot);
  return {
    problem: `${poisoned === undefined ? "something of the kernel's types" : `\`${poisoned.subject}\``} is used, which this kernel does not have`,
    reason:
      "The program was compiled for other types (CO-RE): where the kernel lacks a field or type, the instruction is replaced by a call of a helper that does not exist, and it is refused where it is reached.",
    suggestions: ["guard it: `if (bpf_core_field_exists(x->field)) …`, or `bpf_core_type_exists`"],
    blame: null,
  };
}

export const CALL_RULES: readonly Rule[] = [
  {
    code: "helper",
    category: "Call Type",
    pattern: /^(?:unknown func|invalid func|program of this type cannot use helper) (\S+?)#(-?\d+)/,
    explain: (one, m) => unavailable(one, m[1]!, Number(m[2])),
  },
  plain(
    "Call Type",
    "helper",
    /^func (\S+?)#(\d+) (?:not supported for program type (\d+)|supported only for (.*) programs)/,
    "$1 is not there for programs of this type; It is for $4 others",
    "attach the program to a hook whose type has it",
  ),
  {
    code: "map-kind",
    category: "Call Type",
    pattern: /^cannot pass map_type (\d+) into func (\S+?)#(\d+)/,
    explain(one, m) {
      const type = Object.entries(MAP_TYPE).find(([, number]) => number === Number(m[1]))?.[0] ?? `number ${m[1]}`;
      const map = one.step === null ? null : one.mapOfCall(one.step);
      return {
        problem: `${m[2]} does not work with ${map === null ? "maps" : `\`${map.name}\`, a map`} of type ${type}`,
        reason: "Each type of map has its own helpers.",
        suggestions: [`use the helper for ${type} maps, or another type of map`],
        blame: null,
      };
    },
  },
  plain(
    "Call Type",
    "map-kind",
    /^expected prog array map for tail call/,
    "the second argument of bpf_tail_call must be a program array; Another type of map is given",
    "use a map of type BPF_MAP_TYPE_PROG_ARRAY",
  ),
  plain(
    "Call Type",
    "map-kind",
    /^(?:tail_call abusing map_ptr|pointer in R(\d+) isn't map pointer|invalid arg_type for sockmap\/sockhash|R(\d+) does not point to a readonly map'|callback function not allowed for map|cannot update sockmap in this context|bpf_struct_ops map cannot be used in prog)/,
    "the map does not fit the call; It must be one map, of the type that the helper is for",
    "use one map of the right type on every path",
  ),
  plain(
    "Call Type",
    "map-kind",
    /^(?:timer|workqueue|\S+) pointer in R1 map_uid=(\d+) doesn't match map pointer in R2 map_uid=(\d+)/,
    "the timer (or work queue) and the map given with it do not belong together; It must be the map in which it lies",
    "pass the same map, looked up once",
  ),
  plain(
    "Call Type",
    "string",
    /^(?:string is not zero-terminated|Invalid format string|R(\d+) is not a constant string)/,
    "the text must be a constant that ends with a zero byte; It is in read-only data and its end must be known",
    'use a string literal: `static const char format[] = "…"`',
  ),
  plain(
    "Call Type",
    "local-call",
    /^(?:call to invalid destination|Subprog (\S+) doesn't exist|insn (\d+) cannot call exception cb directly)/,
    "a call that leads to no function; Calls go to the beginning of a function of the same program",
    "this is the compiler's or loader's mistake: compile it anew",
  ),
  plain(
    "Call Type",
    "local-call",
    /^Caller passes invalid args into func#(\d+)(?: \('(\S+)'\))?/,
    "the arguments of function `$2` (number $1) do not fit its prototype; Global functions are verified by themselves, for any arguments of their types",
    "pass what the prototype says, or make the function static: then it is verified for what it is given",
  ),
  plain(
    "Call Type",
    "prototype",
    /^(?:Function (\S+) has|Global function (\S+?)\(\) with|The function (\S+) has) (\d+) (?:> (\d+) args.*|arguments\. Too many.*)/,
    "function `$1$2$3` has too many arguments; There are five registers for them",
    "pass a pointer to a struct",
  ),
  plain(
    "Call Type",
    "prototype",
    /^(?:Global function (\S+?)\(\) doesn't return scalar|Invalid type of function (\S+?)\(\)|The function (\S+) return type (\S+) is unsupported)/,
    "the function's result is no number; Global functions return numbers, or nothing",
    "return an int, or make it static",
  ),
  plain(
    "Call Type",
    "prototype",
    /^[Aa]rg#(\d+) (?:type (.*) in (\S+?)\(\) is not supported yet|has (?:invalid combination of tags|unsupported set of tags|pointer tag, but is not a pointer type)|type tag .*|arena cannot be combined.*)/,
    "argument $1 of the function is of a kind that is not possible there; Its type or its tags (`__arg_…`) do not fit",
    "use a pointer to a struct, a number, or the context, with one fitting tag",
  ),
  plain(
    "Call Type",
    "prototype",
    /^arg#(\d+) (?:type isn't a pointer|type doesn't have a name|struct doesn't have a name|should be (.*))/,
    "argument $1 is not declared as the context of this type of program; It should be $2",
    "declare it with the type of the program's context",
  ),
  plain(
    "Policy",
    "device-bound",
    /^(?:metadata kfuncs require device-bound program|metadata kfuncs .*)/,
    "a function that reads a driver's metadata of the packet needs a program for one device; The driver's own function is put in its place",
    "load the program for the device: BPF_F_XDP_DEV_BOUND_ONLY and its interface",
  ),
  plain(
    "Call Type",
    "kfunc",
    /^(?:calling kernel function (\S+) is not allowed|kernel function (\S+) (?:args#\d+ pointer type .*|returns pointer type .*|unhandled dynamic return type)|kernel btf_id (\d+) is not a function|kernel function btf_id (\d+) does not have a valid func_proto)/,
    "kernel function $1$2 cannot be called from here; Each is offered to some types of programs only",
    "use another, or another type of program",
  ),
  plain(
    "Call Type",
    "kfunc",
    /^(?:cannot find address for kernel function (\S+)|address of kernel function (\S+) is out of range|The address of function (\S+) cannot be found|failed to find BTF for kernel function|invalid kernel function call not eliminated in verifier pass|calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF|BTF fd for kfunc is not a module BTF|kfunc offset > 0 without fd_array is invalid|negative offset disallowed for kernel module function call)/,
    "a kernel function that this kernel does not have; It is missing, or in a module that is not loaded",
    "declare it `__weak` and test its address: `if (bpf_ksym_exists(f)) …`",
  ),
  plain(
    "Call Type",
    "kfunc",
    /^(?:kfunc (\S+?)(?:#(\d+))? (?:failed callback verification|type ID argument must be of a struct)|kfunc bpf_rdonly_cast .*|bpf_\w+_new(?:\/\S+)? .*|bpf_percpu_obj_new .*|local type ID argument must be in range.*|R\d+ rdonly\/rdwr_buf_size exceeds u32 max|2 or more rdonly\/rdwr_buf_size.*|Unrecognized arg#(\d+) type (\S+)|acquire kernel function does not return PTR_TO_BTF_ID)/,
    "the kernel function is called in a way that it does not take; Its arguments must be types of the program and constants",
    "see the function's documentation",
  ),
  plain(
    "Call Type",
    "callback",
    /^(?:callback function (?:not static|cannot be the main program)|exception (?:callback|cb) .*|bpf_throw kfunc \(insn (\d+)\) cannot be called from callback subprog (\d+)|multiple exception callback tags for main subprog|invalid exception callback insn_off.*)/,
    "the callback is not of the right kind; Callbacks are static functions with the prototype that the helper wants (the one of exceptions is global)",
    "declare it so",
  ),
  plain(
    "Call Type",
    "flags",
    /^(?:get_local_storage\(\) doesn't support non-zero flags|only one cgroup storage of each type is allowed)/,
    "the helper is used in a way that it does not take; See its documentation",
    "pass 0 as flags; use one storage",
  ),
  plain(
    "Call Type",
    "helper-packet",
    /^helper access to the packet is not allowed/,
    "the helper does not take a pointer into the packet; It needs memory that does not move",
    "copy it to the stack first",
  ),
  plain(
    "Call Type",
    "probe",
    /^helper call is not allowed in probe/,
    "the helper cannot be called in this kind of program; It may not run in any context",
    "use another hook",
  ),
];

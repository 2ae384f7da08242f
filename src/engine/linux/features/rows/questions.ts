/** The question for a program of a type, and what its answer means. */

import type { AttachType } from "../../../../uapi/attach-types.ts";
import type { ProgramType } from "../../../../uapi/program-types.ts";
import { ERRNO } from "../../sys/system-error.ts";
import { answerOf, type ProgramQuestion } from "../ask.ts";
import { RETURN_1 } from "../code.ts";
import type { Answer } from "../judge.ts";
import type { Sources } from "./sources.ts";

const BPF_F_SLEEPABLE = 1 << 4;

/** The attach type with which a program of a type is asked for, where it must have one. */
const USUAL: { readonly [Type in ProgramType]?: AttachType } = {
  cgroup_sock_addr: "cgroup_inet4_connect",
  cgroup_sockopt: "cgroup_getsockopt",
  sk_lookup: "sk_lookup",
  tracing: "trace_raw_tp",
  netfilter: "netfilter",
  lsm: "lsm_mac",
};

/** The question for a program of a type; null where it takes more than a few instructions to ask. */
export function questionOf(
  type: ProgramType,
  attachType: AttachType | undefined,
  { witness }: Pick<Sources, "witness">,
): ProgramQuestion | null {
  const plain = { type, attachType: attachType ?? USUAL[type] };
  switch (type) {
    case "unspec":
    case "struct_ops":
    case "ext":
      return null;
    case "syscall":
      return { ...plain, flags: BPF_F_SLEEPABLE };
    case "lsm":
      return attached(plain, witness.typeId("function", "bpf_lsm_file_open"));
    case "tracing":
      if (plain.attachType === "trace_raw_tp") return attached(plain, witness.typeId("typedef", "btf_trace_sched_switch"));
      if (plain.attachType === "trace_iter") return attached(plain, witness.typeId("function", "bpf_iter_task"));
      return attached(plain, witness.typeId("function", "bpf_fentry_test1"));
    default:
      return ALWAYS_1.test(plain.attachType ?? "") ? { ...plain, code: RETURN_1 } : plain;
  }
}

/** Programs that may not refuse what they see. */
const ALWAYS_1 = /_(recvmsg|getpeername|getsockname)$/;

export function attached(question: ProgramQuestion, attachTo: number): ProgramQuestion | null {
  return attachTo === 0 ? null : { ...question, attachTo };
}

const REFUSED = "this kernel has BPF trampolines, and refuses programs that need one (EPERM)";

/** A program, or what refuses it where everything is there. */
export function ask(sources: Sources, question: ProgramQuestion | null): Answer {
  const { asker, everyRight } = sources;
  if (asker === null || question === null) return null;
  const { result } = asker.program(question);
  if (result === -ERRNO.EPERM && everyRight && needsTrampoline(question)) return { refused: REFUSED };
  return answerOf(result);
}

function needsTrampoline({ type, attachType }: ProgramQuestion): boolean {
  return type === "lsm" || (type === "tracing" && attachType !== "trace_raw_tp" && attachType !== "trace_iter");
}

/** Whether programs on a trampoline load: one at a function of the kernel that only its own tests call. */
export function trampolines(sources: Sources): Answer {
  return ask(sources, questionOf("tracing", "trace_fentry", sources));
}

/** Of another program's answer only a refusal counts for this one. */
export const onlyRefusal = (answer: Answer): Answer => (answer === true ? null : answer);

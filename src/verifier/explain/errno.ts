/**
 * When `bpf(2)` fails and its log says nothing: not the verifier has refused, but what stands before and behind it. What each error number
 * of BPF_PROG_LOAD may mean (kernel/bpf/syscall.c, and verifier.c where it returns without a text).
 */

import type { ProgramSpec } from "../../object/spec.ts";
import type { Explanation } from "./explanation.ts";

interface Meaning {
  readonly problem: string;
  readonly reason: string;
  readonly suggestions: readonly string[];
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  EPERM: {
    problem: "this process may not load the program",
    reason:
      "No verdict: a capability is missing (CAP_BPF, and CAP_NET_ADMIN or CAP_PERFMON for most types), or lockdown, seccomp, a security module or a user namespace forbids it. Before 5.11 it may be the limit of locked memory. Programs that need a trampoline (fentry, fexit, LSM) get it, too, where the kernel has none.",
    suggestions: [
      "run it as root, or `setcap cap_bpf,cap_perfmon,cap_net_admin+ep` for the program",
      "before 5.11: `ulimit -l unlimited`",
      "see what is there: /sys/kernel/security/lockdown, `skep portability FILE`",
    ],
  },
  EACCES: {
    problem: "the program was refused, and the log is empty",
    reason: "The verifier says why whenever it is asked: the log was not asked for (log_level 0), or it is another one's.",
    suggestions: ["load it again with log_level 1 and a buffer"],
  },
  EINVAL: {
    problem: "the kernel does not take the program as it is described",
    reason:
      "No verdict: type, attach type, flags or licence do not fit this kernel: it may be too old for the type or be built without it, attach_btf_id may name nothing, or a field is set that it does not know.",
    suggestions: [
      "check the section's name (it gives type and attach type)",
      "check which kernels have it: `skep portability FILE`",
    ],
  },
  E2BIG: {
    problem: "the program, or what comes with it, is larger than this kernel takes",
    reason:
      "No verdict: more than 1,000,000 instructions (4,096 without CAP_BPF, and before 5.2), or a loader of a newer kernel has set fields that this one does not know.",
    suggestions: ["split the program: tail calls", "use a loader that asks the kernel what it knows"],
  },
  ENOSPC: {
    problem: "the log did not fit its buffer",
    reason: "No verdict: the program may be good. The kernel refuses to load it because the log was cut.",
    suggestions: [
      "load it without a log, or with a larger buffer (since 6.4 log_true_size says how large)",
      "log_level 4 gives statistics alone",
    ],
  },
  ENOMEM: {
    problem: "the kernel has no memory for the program",
    reason: "Or this process's control group has not, or (before 5.11) the limit of locked memory is reached.",
    suggestions: ["raise the limit of the control group", "before 5.11: `ulimit -l unlimited`"],
  },
  ENOTSUPP: {
    problem: "the kernel's compiler cannot translate the program",
    reason: "Error 524 comes from the JIT: an instruction or a kernel function that this architecture's does not have.",
    suggestions: ["turn it on: `sysctl net.core.bpf_jit_enable=1`", "compile for an older processor version: `-mcpu=v3`"],
  },
  EBADF: {
    problem: "a descriptor that the program refers to is none",
    reason: "A map, the types (BTF) or the program to attach to was closed, or never opened.",
    suggestions: ["load the object with a loader that relocates it: `skep run`, libbpf, bpftool"],
  },
  EFAULT: {
    problem: "an address in the request is not readable",
    reason: "Or the verifier met a contradiction of its own (a bug of the kernel).",
    suggestions: ["report it, with the program, if the loader is a usual one"],
  },
  ENOENT: {
    problem: "something that the program names does not exist",
    reason: "The function or the object to attach to is not there, or its module is not loaded.",
    suggestions: ['check the name behind the section: `SEC("fentry/function")`'],
  },
  EAGAIN: {
    problem: "a signal came while the program was verified",
    reason: "No verdict: the verifier stops when it is interrupted.",
    suggestions: ["load it again"],
  },
  EBUSY: {
    problem: "what the program wants to attach to is in use",
    reason: "Another program holds the place.",
    suggestions: ["see who: `bpftool link`, `bpftool net`"],
  },
  ENOSYS: {
    problem: "this kernel is built without BPF",
    reason: "CONFIG_BPF_SYSCALL is off.",
    suggestions: ["use a kernel that has it"],
  },
};

/** @param code name of the error, e.g. `EPERM`; error 524, which has none outside of the kernel, is `ENOTSUPP`. */
export function explainErrno(code: string, program: ProgramSpec | null = null): Explanation {
  const meaning = MEANINGS[code] ?? {
    problem: `the kernel refused it without a reason (${code})`,
    reason: "The log says nothing.",
    suggestions: ["load it again with log_level 1 and a buffer"],
  };
  return {
    category: "Policy",
    code: `errno-${code.toLowerCase()}`,
    problem: meaning.problem,
    reason: meaning.reason,
    at: { slot: null, instruction: null, file: null, line: 0, column: 0, text: "", function: program?.name ?? null },
    path: [],
    suggestions: meaning.suggestions.map((text) => ({ text, checked: null })),
    kernelText: code,
  };
}

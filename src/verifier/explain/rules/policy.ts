/** What the kernel does not let this process, this licence, or this kind of program do; and its own mistakes. */

import { plain, type Rule } from "./rule.ts";

export const POLICY_RULES: readonly Rule[] = [
  plain(
    "Policy",
    "licence",
    /^cannot call (?:GPL-restricted|kernel) function from non-GPL compatible program/,
    "a function that only programs under the GPL may call; The kernel offers some helpers and all kernel functions to these alone",
    'declare a compatible licence: `char _license[] SEC("license") = "GPL";` (or "Dual BSD/GPL", …)',
  ),
  plain(
    "Policy",
    "licence",
    /^(?:struct ops programs must have a GPL compatible license|Cannot access kernel 'struct (\S+)' from non-GPL compatible program)/,
    "only programs under the GPL may do this; It is the kernel's own interface",
    'declare a compatible licence: `char _license[] SEC("license") = "GPL";`',
  ),
  plain(
    "Policy",
    "capability",
    /^'?(?:struct )?(\S+?)'? access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN/,
    "kernel memory ($1) may be read with CAP_PERFMON only; This process does not have it",
    "run it as root, or give it the capability",
  ),
  plain(
    "Policy",
    "capability",
    /^(?:loading\/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN|function calls to other bpf functions are allowed for (.*))/,
    "functions may be called with CAP_BPF only; This process does not have it",
    "run it as root, or give it the capability",
  ),
  plain(
    "Policy",
    "capability",
    /^destructive kfunc calls require CAP_SYS_BOOT capabilit/,
    "this kernel function may bring the machine down: it needs CAP_SYS_BOOT; This process does not have it",
    "run it as root",
  ),
  plain(
    "Policy",
    "sleepable",
    /^(?:Only (.*) (?:programs|programs )?can be sleepable|Syscall programs can only be sleepable|BPF_LSM_CGROUP programs cannot be sleepable)/,
    "the flag for sleepable programs (BPF_F_SLEEPABLE) does not fit this type; $1",
    "programs of type syscall are always sleepable; tracing, LSM, iterators, uprobes and struct_ops may be; others never",
  ),
  plain(
    "Policy",
    "attach",
    /^(?:Tracing programs must provide btf_id|attach_btf_id (\d+) (.*)|(?:FENTRY|Only FENTRY|Cannot|Can attach|Attach|Extension|Attaching|can't modify|JITed|Target program|Func) ?(.*))/,
    "the program cannot be attached to what it is made for; $2$3",
    'check the name behind the section: `SEC("fentry/function")`, and that this kernel has it',
  ),
  plain(
    "Policy",
    "attach",
    /^(?:(\S+)\(\) is not (?:modifiable|a global function)|%?s? ?programs cannot attach to exception callback|(\S+) programs cannot attach to exception callback|ret type (\S+) not allowed for fmod_ret|kernel is missing BTF.*|Cannot find btf of tracepoint.*)/,
    "the program cannot be attached there; The kernel does not offer it, or has no types",
    "use another hook: a kprobe, a tracepoint",
  ),
  plain(
    "Policy",
    "attach",
    /^(?:(\S+)\(\) has (\d+) args while (\S+)\(\) has (\d+) args|Return type (.*) doesn't match (.*)|arg(\d+) in (\S+)\(\) (.*)|arg(\d+) (\S+)\(struct .*)/,
    "the replacing function does not have the prototype of the function that it replaces; Arguments and result must be the same",
    "declare it in the same way",
  ),
  plain(
    "Policy",
    "attach",
    /^(?:attach to (?:invalid|unsupported) member (.*)|struct_ops module (\S+) is not found|(\S+) is not found at offset.*|(?:Note, )?BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!|The function (\S+) (?:with variable args is unsupported|arg(\d+) type (.*) is unsupported|has malformed void argument)\.?)/,
    "the hook cannot be used with this program; $1$2",
    "check the name and the prototype of the hook",
  ),
  plain(
    "Policy",
    "offload",
    /^offload device mismatch between prog and map/,
    "program and map are for different devices; Both must be on the same",
    "make the map for the device that the program is loaded to",
  ),
  plain(
    "Policy",
    "speculation",
    /^(?:R(\d+) (?:could not be pushed|.*prohibited for !root).*)/,
    "pointer arithmetic that processors might speculate past; Without CAP_PERFMON it is not allowed",
    "load it with CAP_PERFMON",
  ),
  plain(
    "Program Structure",
    "kernel-bug",
    /^(?:verifier (?:bug|BUG|internal error)|kernel subsystem misconfigured|bpf verifier (?:is|narrow)|BUG |REG INVARIANTS|insn state internal bug|visit_insn internal bug|pop stack internal bug|Verifier bug|bug: |mark_reg_\S+|\w+ internal bug|func (\S+) has non-overwritten|(?:tracking|adding) tail call .*|unknown return type (\d+) of func|invalid return type (\d+) of func|zext_dst)/i,
    "the kernel's verifier has contradicted itself; This is a mistake in the kernel, not in the program",
    "report it, with the program; a small change of the program often avoids it",
  ),
  plain(
    "Policy",
    "other",
    /^(\S+) not found at offset=(\d+)|^(\S+) has to be at a constant offset|^kfunc (\S+) .*/,
    "the verifier refuses this; $1$3$4",
    "see the kernel's text",
  ),
];

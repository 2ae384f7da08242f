/** The capabilities that types of programs need, held against a kernel: subsets of three are tried, one after the other. */

import assert from "node:assert/strict";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { Asker, type ProgramQuestion } from "../../src/engine/linux/features/ask.ts";
import { RETURN_0 } from "../../src/engine/linux/features/code.ts";
import { questionOf } from "../../src/engine/linux/features/rows/questions.ts";
import { Witness } from "../../src/engine/linux/features/witness.ts";
import { KernelTypes } from "../../src/engine/linux/kernel-types.ts";
import { Request } from "../../src/engine/linux/request.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import type { CapabilityName } from "../../src/uapi/capabilities.ts";
import { PROGRAM_CAPABILITIES } from "../../src/uapi/privileges.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../src/uapi/program-types.ts";
import { withEffective } from "./effective.ts";

const transport = await openNative();
const types = new KernelTypes(MACHINE);
const witness = new Witness(MACHINE, types);
const asker = new Asker(transport, MACHINE.release);

/** A function of TCP's congestion control: `expected_attach_type` is the number of the member. */
function loadsStructOps(): boolean {
  const id = types.vmlinux?.find("tcp_congestion_ops", "struct");
  const struct = id === undefined ? undefined : types.vmlinux?.type(id);
  const member = struct?.kind === "struct" ? struct.members.findIndex(({ name }) => name === "undo_cwnd") : -1;
  if (id === undefined || member < 0) return false;
  const fd = new Request(transport, "prog_load")
    .u32("prog_type", PROGRAM_TYPE.struct_ops)
    .u32("attach_btf_id", id)
    .u32("expected_attach_type", member)
    .u32("insn_cnt", RETURN_0.length / 8)
    .pointer("insns", RETURN_0)
    .pointer("license", new TextEncoder().encode("GPL\0"))
    .send();
  if (fd >= 0) transport.close(fd);
  return fd >= 0;
}

const loads = (question: ProgramQuestion | null): boolean => question !== null && asker.program(question).result >= 0;

/** Which types load, `fentry` apart from other tracing programs. */
function loaded(): Readonly<Record<string, boolean>> {
  const answers = (Object.keys(PROGRAM_TYPE) as ProgramType[]).flatMap((type): [string, boolean][] => {
    if (type === "struct_ops") return [[type, loadsStructOps()]];
    if (type !== "tracing") return [[type, loads(questionOf(type, undefined, { witness }))]];
    return [
      [type, loads(questionOf(type, "trace_raw_tp", { witness }))],
      ["fentry", loads(questionOf(type, "trace_fentry", { witness }))],
    ];
  });
  return Object.fromEntries(answers);
}

const THREE: readonly CapabilityName[] = ["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"];

/** Every subset with CAP_BPF, and the rest alone: without it nothing loads. */
const SUBSETS: readonly (readonly CapabilityName[])[] = [
  ["CAP_PERFMON", "CAP_NET_ADMIN"],
  ["CAP_BPF"],
  ["CAP_BPF", "CAP_PERFMON"],
  ["CAP_BPF", "CAP_NET_ADMIN"],
  THREE,
];

/** @returns the types that the kernel takes at all, whose sets were found to be the least. */
export function checkLeastOfTypes(): readonly string[] {
  const answers = SUBSETS.map((capabilities) => ({ capabilities, loaded: withEffective(capabilities, loaded) }));
  const all = answers.at(-1)?.loaded ?? {};
  const types = Object.keys(all).filter((type) => all[type] === true);
  for (const type of types) {
    const needs = PROGRAM_CAPABILITIES[type === "fentry" ? "tracing" : (type as ProgramType)];
    for (const answer of answers) {
      const enough = needs.every((name) => answer.capabilities.includes(name));
      const what = answer.loaded[type] ? "loads" : "does not load";
      assert.equal(
        answer.loaded[type],
        enough,
        `${type} needs ${needs.join(" ")}; with ${answer.capabilities.join(" ")} it ${what}`,
      );
    }
  }
  return types;
}

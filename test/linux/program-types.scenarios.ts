/** For tests of privileges: of which types this process may load a program, as JSON; those that the kernel does not take from root are left out by whoever asks. */

import { MACHINE } from "../../src/engine/linux/facts.ts";
import { Asker, type ProgramQuestion } from "../../src/engine/linux/features/ask.ts";
import { RETURN_0 } from "../../src/engine/linux/features/code.ts";
import { questionOf } from "../../src/engine/linux/features/rows/questions.ts";
import { Witness } from "../../src/engine/linux/features/witness.ts";
import { KernelTypes } from "../../src/engine/linux/kernel-types.ts";
import { Request } from "../../src/engine/linux/request.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../src/uapi/program-types.ts";

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
const answers = (Object.keys(PROGRAM_TYPE) as ProgramType[]).flatMap((type): [string, boolean][] => {
  if (type === "struct_ops") return [[type, loadsStructOps()]];
  if (type === "tracing")
    return [
      [type, loads(questionOf(type, "trace_raw_tp", { witness }))],
      ["fentry", loads(questionOf(type, "trace_fentry", { witness }))],
    ];
  return [[type, loads(questionOf(type, undefined, { witness }))]];
});
console.log(JSON.stringify(Object.fromEntries(answers)));

/** Giving the kernel the Spec's types. They are for people (and for spin locks, later): a program runs without. */

import { BPF_F_TOKEN_FD } from "../attributes.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { sendPatiently } from "../patience.ts";
import { Request } from "../request.ts";
import { sendWithLog } from "./log.ts";
import { logLines } from "./refused.ts";
import type { TypesForKernel } from "./source-lines.ts";

/** Types that the kernel did not take: an old kernel, or a mistake of whoever made them. */
export interface TypesRefused {
  readonly reason: string;
  readonly log: readonly string[];
}

/** A Spec's types after the kernel took them. */
export interface LoadedTypes {
  readonly texts: TypesForKernel;
  readonly descriptor: Descriptor;
  /** False: the kernel knows no types of functions (before 5.0), and so no lines of theirs. */
  readonly functions: boolean;
}

/** Inside this room only: types were refused, and nothing is known yet of older kernels. `LinuxEngine.load` reads that, and loads again. */
export class OlderKernelNeeded extends Error {
  override readonly name = "OlderKernelNeeded";
}

/**
 * Types as they are, else in the form that older kernels take.
 * @throws OlderKernelNeeded
 */
export function giveTypes(kernel: Kernel, name: string, texts: TypesForKernel): LoadedTypes | TypesRefused {
  const first = loadTypes(kernel, name, texts.btf);
  if (!("reason" in first)) return { texts, descriptor: first, functions: true };
  if (kernel.older === undefined) throw new OlderKernelNeeded(first.reason);
  const older = kernel.older.types(kernel, texts.btf);
  const second = older === null ? first : loadTypes(kernel, name, older.btf);
  return older === null || "reason" in second ? first : { texts, descriptor: second, functions: older.functions };
}

export function loadTypes(kernel: Kernel, name: string, btf: Uint8Array): Descriptor | TypesRefused {
  const request = new Request(kernel.transport, "btf_load").pointer("btf", btf).u32("btf_size", btf.length);
  const { token } = kernel;
  if (token !== undefined) request.u32("btf_flags", BPF_F_TOKEN_FD).u32("btf_token_fd", token.fd);
  const first = sendPatiently(kernel, () => request.send());
  if (first >= 0) return kernel.ledger.adopt(first, `types of ${name}`);
  const { result, log } = sendWithLog({
    send: () => request.send(),
    give: (buffer) => request.u32("btf_log_level", 1).u32("btf_log_size", buffer.length).pointer("btf_log_buf", buffer),
    trueSize: () => request.read("btf_log_true_size"),
  });
  if (result >= 0) return kernel.ledger.adopt(result, `types of ${name}`);
  const lines = logLines(log);
  return { reason: lines.at(-1) ?? request.error(result).message, log: lines };
}

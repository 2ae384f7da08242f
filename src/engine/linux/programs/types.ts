/** Giving the kernel the Spec's types. They are for people (and for spin locks, later): a program runs without. */

import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { Request } from "../request.ts";
import { sendWithLog } from "./log.ts";
import { logLines } from "./refused.ts";

/** Types that the kernel did not take: an old kernel, or a mistake of whoever made them. */
export interface TypesRefused {
  readonly reason: string;
  readonly log: readonly string[];
}

export function loadTypes(kernel: Kernel, name: string, btf: Uint8Array): Descriptor | TypesRefused {
  const request = new Request(kernel.transport, "btf_load").pointer("btf", btf).u32("btf_size", btf.length);
  const first = request.send();
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

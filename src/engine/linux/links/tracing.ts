/**
 * Programs whose target was chosen when they were loaded, by its number in BTF: `tp_btf` (5.5), `fentry`, `fexit`, `fmod_ret` (5.5), `lsm` (5.7),
 * `freplace` (5.6). Attached by a link since 5.11, which carries a cookie since 5.19, before by `BPF_RAW_TRACEPOINT_OPEN`.
 */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { ATTACH_TYPE_SINCE, PROGRAM_TYPE_SINCE } from "../../../uapi/since.ts";
import { AttachError } from "../../errors.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, cookieOf, linkOf } from "./attaching.ts";
import type { LinuxLink } from "./link.ts";

const WORDS: Readonly<Record<string, string>> = {
  trace_raw_tp: "tp_btf",
  trace_fentry: "fentry",
  trace_fexit: "fexit",
  trace_fsession: "fsession",
  modify_return: "fmod_ret",
  lsm_mac: "lsm",
};

export function attachTracing(attaching: Attaching): LinuxLink {
  const { kernel, spec, descriptor, options } = attaching;
  const word = WORDS[spec.attachType ?? ""] ?? (spec.type === "ext" ? "freplace" : spec.type);
  checkOptions(attaching, `a ${word} program`, ["event", "cookie"]);
  if (options.event !== undefined && options.event !== spec.target)
    throw new AttachError(
      `program ${spec.name}: a ${word} program is verified for its target (${spec.target}); to attach it to ${options.event}, load it with that target`,
    );
  const attempt: Attempt = {
    place: `${word} ${spec.target ?? ""}`,
    feature: word,
    since: spec.type === "ext" ? PROGRAM_TYPE_SINCE.ext : spec.attachType === null ? "5.5" : ATTACH_TYPE_SINCE[spec.attachType],
    needs: ["CAP_BPF", "CAP_PERFMON"],
    fixed: true,
    means: { EBUSY: "another program decides there, or the kernel is tracing this function otherwise" },
  };
  const link = new Request(kernel.transport, "link_create")
    .u32("prog_fd", descriptor.fd)
    .u32("attach_type", spec.attachType === null ? 0 : ATTACH_TYPE[spec.attachType])
    .u64("tracing.cookie", cookieOf(attaching));
  let result = link.send();
  let error = result < 0 ? link.error(result) : null;
  if (result === -ERRNO.EINVAL) {
    // Kernels before 5.11 know no link of these; the command without a name attaches to what the program was loaded for.
    const open = new Request(kernel.transport, "raw_tracepoint_open")
      .u32("prog_fd", descriptor.fd)
      .u64("cookie", cookieOf(attaching));
    result = open.send();
    error = result < 0 ? open.error(result) : null;
  }
  if (error !== null) throw attachFailure(attaching, attempt, error);
  return linkOf(attaching, attempt, result);
}

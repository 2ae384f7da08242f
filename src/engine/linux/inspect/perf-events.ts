/**
 * Programs that processes have on perf events and raw tracepoints by the descriptors of those, as it was before there were links:
 * `BPF_TASK_FD_QUERY` (4.18), which tells them of all processes.
 */

import type { Kernel } from "../kernel.ts";
import { textOf } from "../objects/info.ts";
import { explainRefusal, missingCapabilities } from "../privileges.ts";
import { Request } from "../request.ts";
import { ERRNO, SystemError } from "../sys/system-error.ts";
import { commandOf, descriptors } from "./holders.ts";
import type { PerfAttachment } from "./types.ts";

/** `enum bpf_task_fd_type` of linux/bpf.h. */
const TYPES = ["raw_tracepoint", "tracepoint", "kprobe", "kretprobe", "uprobe", "uretprobe"] as const;

/** What links in /proc/PID/fd say. */
const CANDIDATES: ReadonlySet<string> = new Set([
  "anon_inode:[perf_event]",
  "anon_inode:bpf-raw-tracepoint",
  "anon_inode:bpf_link",
  "anon_inode:bpf-link",
]);

/** `PATH_MAX`. */
const LONGEST_NAME = 4096;

/** @throws PrivilegeError without CAP_SYS_ADMIN: whose descriptors cannot be seen would seem to have none */
export function* eachPerfAttachment(kernel: Kernel): Generator<PerfAttachment, undefined, undefined> {
  const refusal = (cause: SystemError) =>
    explainRefusal(kernel.facts, "asking what is attached to perf events", ["CAP_SYS_ADMIN"], cause);
  if (missingCapabilities(kernel.facts, ["CAP_SYS_ADMIN"]).length > 0)
    throw refusal(new SystemError("bpf(task_fd_query)", ERRNO.EPERM));
  const name = new Uint8Array(LONGEST_NAME);
  for (const { pid, fd, target } of descriptors(kernel.facts)) {
    if (!CANDIDATES.has(target)) continue;
    name.fill(0);
    const request = new Request(kernel.transport, "task_fd_query")
      .u32("pid", pid)
      .u32("fd", fd)
      .pointer("buf", name)
      .u32("buf_len", name.length);
    const result = request.send();
    if (result === -ERRNO.EPERM || result === -ERRNO.EACCES) throw refusal(request.error(result));
    // No program on it, of another kind (links tell it themselves), or gone.
    if (result < 0) continue;
    const type = TYPES[request.read("fd_type")];
    if (type === undefined) continue;
    const probe = type !== "raw_tracepoint" && type !== "tracepoint";
    yield {
      pid,
      command: commandOf(kernel.facts, pid),
      fd,
      program: request.read("prog_id"),
      type,
      name: textOf(name),
      offset: probe ? request.readU64("probe_offset") : null,
      address: probe ? request.readU64("probe_addr") : null,
    };
  }
}

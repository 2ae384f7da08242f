/**
 * Where the kernel lists its tracepoints: tracefs. Where nobody mounted it, an instance is opened that is mounted nowhere (`fsmount`, since
 * 5.2) and gone when it is closed.
 */

import type { Kernel } from "../kernel.ts";

const MOUNTED = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/** Calls `use` with the path of tracefs; null when there is none, or this process may not see it. */
export function withTracefs<Result>({ facts, transport, ledger }: Kernel, use: (root: string) => Result): Result | null {
  const mounted = MOUNTED.find((path) => facts.list(`${path}/events`).length > 0);
  if (mounted !== undefined) return use(mounted);
  const root = transport.mount("tracefs");
  if (root < 0) return null;
  using descriptor = ledger.adopt(root, "tracefs");
  return use(`/proc/self/fd/${descriptor.fd}`);
}

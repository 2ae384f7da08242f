/**
 * Functions of programs and libraries, at their begin or return, in one process or all. Single probes through the uprobe PMU (4.17; before, through
 * tracefs);
 * `uprobe.multi` sections through one link for many places (6.6).
 */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { FeatureError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Facts } from "../facts.ts";
import { Request } from "../request.ts";
import { type ProbeTarget, probeTarget, probeTargets } from "../symbols/probe-target.ts";
import {
  type Attaching,
  type Attempt,
  attachFailure,
  checkOptions,
  cookieOf,
  createLink,
  eventOf,
  systemError,
} from "./attaching.ts";
import { LinuxLink } from "./link.ts";
import { perfAttribute } from "./perf-attribute.ts";
import { attachToEvent, linkOfTraced } from "./perf-link.ts";
import { openTracedProbe } from "./traced-probe.ts";

const PMU = "/sys/bus/event_source/devices/uprobe";
const BPF_F_UPROBE_MULTI_RETURN = 1;

export function attachUprobe(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "a uprobe program", ["event", "library", "pid", "cookie"]);
  const { kernel, spec, options } = attaching;
  const event = eventOf(attaching, "a uprobe program", "libc.so.6:malloc");
  const request = { event, library: options.library, pid: options.pid };
  if (spec.attachType !== null) return attachMany(attaching, probeTargets(kernel.facts, spec.name, request));
  return attachOne(attaching, probeTarget(kernel.facts, spec.name, request));
}

const isReturn = (section: string): boolean => section.startsWith("uret");

function attachOne(attaching: Attaching, { file, offset, name }: ProbeTarget): LinuxLink {
  const { kernel, spec, options } = attaching;
  const returns = isReturn(spec.section);
  const where = options.pid === undefined ? "" : ` in process ${options.pid}`;
  const attempt: Attempt = {
    place: `${returns ? "uretprobe" : "uprobe"} ${name}${where}`,
    feature: "uprobe PMU",
    since: "4.17",
    // `perf_uprobe_event_init` of kernel/events/core.c asks for no less.
    needs: ["CAP_SYS_ADMIN"],
    fixed: true,
    means: processMeans(options.pid),
  };
  if (!hasPmu(kernel.facts)) return attachTraced(attaching, attempt, { file, offset, returns });
  const descriptors = [openUprobe(attaching, attempt, { file, offset, returns, cookie: cookieOf(attaching) })];
  return new LinuxLink(kernel, { description: attempt.place, descriptors, fixed: true });
}

const hasPmu = (facts: Facts): boolean => facts.read(`${PMU}/type`) !== null;

/** Where the kernel opens no such probes through perf. */
function attachTraced(
  attaching: Attaching,
  attempt: Attempt,
  { file, offset, returns }: Pick<Uprobe, "file" | "offset" | "returns">,
): LinuxLink {
  const { kernel, options } = attaching;
  const target = `${file}:0x${offset.toString(16)}`;
  const [pid, cpu] = options.pid === undefined ? [-1, 0] : [options.pid, -1];
  const traced = openTracedProbe(kernel, { kind: "uprobe", returns, target, pid, cpu });
  if (traced === null) throw noUprobes(attaching, attempt);
  if (typeof traced === "number") throw attachFailure(attaching, attempt, systemError("perf_event_open", traced));
  return linkOfTraced(attaching, attempt, traced);
}

const noUprobes = ({ spec }: Attaching, { place }: Attempt): FeatureError =>
  new FeatureError("uprobe PMU", "4.17", `attaching ${spec.name} to ${place}: this kernel has no uprobes (CONFIG_UPROBES)`);

/** What error numbers mean where probes are set in files. */
export const processMeans = (pid: number | undefined): NonNullable<Attempt["means"]> => ({
  ESRCH: `there is no process ${pid}`,
  EINVAL: "the kernel sets no probe there: it is no instruction of code that is mapped for execution",
});

/** A place in a file, and what is wanted there. */
interface Uprobe {
  readonly file: string;
  readonly offset: number;
  readonly returns: boolean;
  readonly cookie: bigint;
  /** A counter in the file that the kernel keeps above 0 while the probe is there: USDT. Since 4.20. */
  readonly semaphore?: number;
}

/** One probe through the uprobe PMU. @returns what holds the program there. */
export function openUprobe(
  attaching: Attaching,
  attempt: Attempt,
  { file, offset, returns, cookie, semaphore = 0 }: Uprobe,
): Descriptor {
  const { kernel, spec, options } = attaching;
  const { transport, facts } = kernel;
  const what = `attaching ${spec.name} to ${attempt.place}`;
  const type = facts.read(`${PMU}/type`);
  // `config:0`: the bit of the configuration that says "at the return".
  const bit = /^config:(\d+)$/.exec(facts.read(`${PMU}/format/retprobe`) ?? "")?.[1];
  if (type === null || bit === undefined) throw noUprobes(attaching, attempt);
  // `config:32-63`.
  const counter = /^config:(\d+)-/.exec(facts.read(`${PMU}/format/ref_ctr_offset`) ?? "")?.[1];
  if (semaphore !== 0 && counter === undefined)
    throw new FeatureError("ref_ctr_offset", "4.20", `${what}: its probe has a semaphore, which needs Linux 4.20`);
  const path = new TextEncoder().encode(`${file}\0`);
  const attribute = perfAttribute({
    type: Number(type),
    config: (returns ? 1n << BigInt(bit) : 0n) | (counter === undefined ? 0n : BigInt(semaphore) << BigInt(counter)),
    config1: transport.addressOf(path),
    config2: BigInt(offset),
  });
  // One process on every CPU, or every process, which one CPU's event stands for.
  const opened =
    options.pid === undefined ? transport.perfEventOpen(attribute, -1, 0) : transport.perfEventOpen(attribute, options.pid, -1);
  // Naming the path here keeps it for as long as the kernel reads it.
  if (opened < 0 || path.length === 0) throw attachFailure(attaching, attempt, systemError("perf_event_open", opened));
  return attachToEvent(attaching, attempt, opened, cookie);
}

function attachMany(attaching: Attaching, targets: readonly ProbeTarget[]): LinuxLink {
  const { kernel, spec, options } = attaching;
  const returns = isReturn(spec.section);
  const [first] = targets;
  if (first === undefined || spec.attachType === null) throw new RangeError(`${spec.name}: no place to probe`);
  const place = targets.length === 1 ? first.name : `${targets.length} functions of ${first.file}`;
  const offsets = new BigUint64Array(targets.map(({ offset }) => BigInt(offset)));
  const cookies = new BigUint64Array(targets.length).fill(cookieOf(attaching));
  const bytes = ({ buffer }: BigUint64Array): Uint8Array => new Uint8Array(buffer);
  const request = new Request(kernel.transport, "link_create")
    .u32("attach_type", ATTACH_TYPE[spec.attachType])
    .pointer("uprobe_multi.path", new TextEncoder().encode(`${first.file}\0`))
    .pointer("uprobe_multi.offsets", bytes(offsets))
    .pointer("uprobe_multi.cookies", bytes(cookies))
    .u32("uprobe_multi.cnt", targets.length)
    .u32("uprobe_multi.flags", returns ? BPF_F_UPROBE_MULTI_RETURN : 0)
    .u32("uprobe_multi.pid", options.pid ?? 0);
  return createLink(attaching, request, {
    place: `${spec.attachType === "trace_uprobe_session" ? "uprobe.session" : returns ? "uretprobe.multi" : "uprobe.multi"} ${place}`,
    feature: "BPF_LINK_TYPE_UPROBE_MULTI",
    since: spec.attachType === "trace_uprobe_session" ? "6.13" : "6.6",
    needs: ["CAP_BPF", "CAP_PERFMON"],
    fixed: true,
    means: { ESRCH: `there is no process ${options.pid}` },
  });
}

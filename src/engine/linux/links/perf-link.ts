/**
 * A program on a perf event, which is how tracepoints, kprobes, uprobes and samples are attached: by a link since 5.15, which carries
 * a cookie, before by an ioctl that the event's own descriptor then stands for.
 */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { FeatureError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import { atLeast } from "../release.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import { type Attaching, type Attempt, attachFailure, cookieOf, systemError } from "./attaching.ts";
import { LinuxLink } from "./link.ts";
import { PERF_EVENT_IOC_ENABLE, PERF_EVENT_IOC_SET_BPF } from "./perf-attribute.ts";
import type { OpenedProbe } from "./traced-probe.ts";

const LINKS_SINCE = "5.15";

/**
 * @param event from `perf_event_open`; it is closed when this fails.
 * @returns what holds the program there.
 */
export function attachToEvent(attaching: Attaching, attempt: Attempt, event: number, cookie = cookieOf(attaching)): Descriptor {
  const { kernel, descriptor, spec } = attaching;
  const { transport, ledger, facts } = kernel;
  const opened = ledger.adopt(event, `event of ${spec.name} at ${attempt.place}`);
  try {
    const create = new Request(transport, "link_create")
      .u32("prog_fd", descriptor.fd)
      .u32("target_fd", opened.fd)
      .u32("attach_type", ATTACH_TYPE.perf_event)
      .u64("perf_event.bpf_cookie", cookie);
    const link = create.send();
    if (link < 0 && (link !== -ERRNO.EINVAL || atLeast(facts.release, LINKS_SINCE)))
      throw attachFailure(attaching, attempt, create.error(link));
    if (link < 0 && cookie !== 0n)
      throw new FeatureError(
        "bpf_cookie",
        LINKS_SINCE,
        `program ${spec.name}: cookies of ${attempt.place} need Linux ${LINKS_SINCE}, this is ${facts.release}`,
      );
    const holder = link < 0 ? null : ledger.adopt(link, `link of ${spec.name} to ${attempt.place}`);
    try {
      const set = holder === null ? transport.ioctl(opened.fd, PERF_EVENT_IOC_SET_BPF, descriptor.fd) : 0;
      if (set < 0) throw attachFailure(attaching, attempt, systemError("ioctl(PERF_EVENT_IOC_SET_BPF)", set));
      const enabled = transport.ioctl(opened.fd, PERF_EVENT_IOC_ENABLE, 0);
      if (enabled < 0) throw attachFailure(attaching, attempt, systemError("ioctl(PERF_EVENT_IOC_ENABLE)", enabled));
    } catch (error) {
      holder?.close();
      throw error;
    }
    // The link holds the event.
    if (holder !== null) opened.close();
    return holder ?? opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** A program on a probe that is an event of the tracing file system: the probe goes after the event. */
export function linkOfTraced(attaching: Attaching, attempt: Attempt, { event, remove }: OpenedProbe): LinuxLink {
  try {
    const descriptors = [attachToEvent(attaching, attempt, event)];
    return new LinuxLink(attaching.kernel, { description: attempt.place, descriptors, fixed: true, cleanUp: remove });
  } catch (error) {
    remove();
    throw error;
  }
}

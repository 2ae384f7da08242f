/**
 * Functions of the kernel, at their begin or return: single probes through the kprobe PMU (4.17; before, through tracefs), `kprobe.multi` through one link for many
 * (5.18), system calls by name (`ksyscall/openat`).
 */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { AttachError, FeatureError } from "../../errors.ts";
import { Request } from "../request.ts";
import { patternTest } from "../symbols/probe-target.ts";
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
import { withTracefs } from "./tracefs.ts";

const PMU = "/sys/bus/event_source/devices/kprobe";
const BPF_F_KPROBE_MULTI_RETURN = 1;
/** What `SYSCALL_DEFINE` puts before a system call's name (arch/ARCH/include/asm/syscall_wrapper.h). */
const SYSCALL_PREFIX: Readonly<Record<string, string>> = { x64: "__x64_", arm64: "__arm64_", riscv64: "__riscv_" };

export function attachKprobe(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "a kprobe program", ["event", "cookie"]);
  const { spec } = attaching;
  const event = eventOf(attaching, "a kprobe program", "do_unlinkat");
  const target = /^kret?syscall|^ksyscall/.test(spec.section) ? `${SYSCALL_PREFIX[process.arch] ?? ""}sys_${event}` : event;
  return spec.attachType === null ? attachOne(attaching, target) : attachMany(attaching, target);
}

const isReturn = (section: string): boolean => section.startsWith("kret");

function attachOne(attaching: Attaching, target: string): LinuxLink {
  const { kernel, spec } = attaching;
  const { transport, facts } = kernel;
  const returns = isReturn(spec.section);
  const attempt: Attempt = {
    place: `${returns ? "kretprobe" : "kprobe"} ${target}`,
    feature: "kprobe PMU",
    since: "4.17",
    needs: ["CAP_BPF", "CAP_PERFMON"],
    fixed: true,
    means: {
      ENOENT: "the kernel has no such function, or it was inlined where it is called",
      EINVAL: "the kernel allows no probe there, or has several functions of that name",
      EADDRNOTAVAIL: "several functions have that name, or the kernel allows no probe there",
    },
  };
  const [symbol = "", plus = "0"] = target.split("+");
  const offset = Number(plus);
  if (!Number.isSafeInteger(offset))
    throw new AttachError(`program ${spec.name}: ${target}: expected an offset in bytes behind the +`);
  const type = facts.read(`${PMU}/type`);
  const bit = /^config:(\d+)$/.exec(facts.read(`${PMU}/format/retprobe`) ?? "")?.[1];
  if (type === null || bit === undefined) return attachTraced(attaching, attempt, offset === 0 ? symbol : `${symbol}+${offset}`);
  const name = new TextEncoder().encode(`${symbol}\0`);
  const attribute = perfAttribute({
    type: Number(type),
    config: returns ? 1n << BigInt(bit) : 0n,
    config1: transport.addressOf(name),
    config2: BigInt(offset),
  });
  const opened = transport.perfEventOpen(attribute, -1, 0);
  // Naming it here keeps the text for as long as the kernel reads it.
  if (opened < 0 || name.length === 0) throw attachFailure(attaching, attempt, systemError("perf_event_open", opened));
  return new LinuxLink(kernel, {
    description: attempt.place,
    descriptors: [attachToEvent(attaching, attempt, opened)],
    fixed: true,
  });
}

/** Where the kernel opens no such probes through perf. */
function attachTraced(attaching: Attaching, attempt: Attempt, target: string): LinuxLink {
  const { kernel, spec } = attaching;
  const returns = isReturn(spec.section);
  const traced = openTracedProbe(kernel, { kind: "kprobe", returns, target, pid: -1, cpu: 0 });
  if (traced === null)
    throw new FeatureError(
      "kprobe PMU",
      "4.17",
      `attaching ${spec.name} to ${attempt.place}: this kernel has no kprobes (CONFIG_KPROBES); tracepoints and tp_btf programs need none`,
    );
  if (typeof traced === "number") throw attachFailure(attaching, attempt, systemError("perf_event_open", traced));
  return linkOfTraced(attaching, attempt, traced);
}

function attachMany(attaching: Attaching, pattern: string): LinuxLink {
  const { kernel, spec } = attaching;
  const { transport } = kernel;
  if (spec.attachType === null) throw new RangeError(`${spec.name}: no place to probe`);
  const names = /[*?]/.test(pattern) ? matching(attaching, pattern) : [pattern];
  const texts = names.map((name) => new TextEncoder().encode(`${name}\0`));
  const pointers = new BigUint64Array(texts.map((text) => transport.addressOf(text)));
  const cookies = new BigUint64Array(names.length).fill(cookieOf(attaching));
  const returns = isReturn(spec.section);
  const request = new Request(transport, "link_create")
    .u32("attach_type", ATTACH_TYPE[spec.attachType])
    .u32("kprobe_multi.flags", returns ? BPF_F_KPROBE_MULTI_RETURN : 0)
    .u32("kprobe_multi.cnt", texts.length)
    .pointer("kprobe_multi.syms", new Uint8Array(pointers.buffer))
    .pointer("kprobe_multi.cookies", new Uint8Array(cookies.buffer));
  return createLink(attaching, request, {
    place: `${spec.attachType === "trace_kprobe_session" ? "kprobe.session" : returns ? "kretprobe.multi" : "kprobe.multi"} ${pattern}`,
    feature: "BPF_LINK_TYPE_KPROBE_MULTI",
    since: spec.attachType === "trace_kprobe_session" ? "6.10" : "5.18",
    needs: ["CAP_BPF", "CAP_PERFMON"],
    fixed: true,
    means: {
      ESRCH: "the kernel has no such function that can be traced",
      EOPNOTSUPP: "this kernel traces no functions (CONFIG_FPROBE)",
    },
  });
}

/** Functions that can be traced, as tracefs lists them. */
function matching(attaching: Attaching, pattern: string): readonly string[] {
  const { kernel, spec } = attaching;
  const test = patternTest(pattern);
  const list = withTracefs(kernel, (root) => kernel.facts.read(`${root}/available_filter_functions`));
  if (list === null)
    throw new FeatureError(
      "available_filter_functions",
      null,
      `program ${spec.name}: ${pattern}: the kernel does not list its functions`,
    );
  // `name` or `name [module]`; a name may be there twice.
  const names = new Set(list.split("\n").map((line) => line.replace(/ .*$/, "")));
  const found = [...names].filter((name) => test.test(name));
  if (found.length > 0) return found;
  throw new AttachError(`program ${spec.name}: the kernel has no function ${pattern} that can be traced`);
}

/** What all kinds of attaching have in common: what is attached, and what became of it when the kernel said no. */

import type { ProgramSpec } from "../../../object/spec.ts";
import type { AttachOptions, LinkHandle } from "../../engine.ts";
import { AttachError, FeatureError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import type { LinuxHandle } from "../maps/handle.ts";
import { type Capability, explainRefusal } from "../privileges.ts";
import { atLeast } from "../release.ts";
import type { Request } from "../request.ts";
import { ERRNO, SystemError } from "../sys/system-error.ts";
import { LinuxLink } from "./link.ts";

/** A loaded program on its way to a hook. */
export interface Attaching {
  readonly kernel: Kernel;
  readonly spec: ProgramSpec;
  readonly descriptor: Descriptor;
  readonly options: AttachOptions;
  /** Those of its collection, by name: some kinds tell the program through them what it is attached to. */
  readonly maps: ReadonlyMap<string, LinuxHandle>;
}

/** What is tried, for messages. */
export interface Attempt {
  /** Where, for people: `cgroup/connect4 on /web`. It is the link's description, too. */
  readonly place: string;
  /** The kernel's word for this kind of attaching, and the first Linux that has it. */
  readonly feature: string;
  readonly since: string;
  readonly needs: readonly Capability[];
  /** True: kernels exchange no programs there. */
  readonly fixed?: boolean;
  /** What error numbers mean here, in words that go on after `attaching x to y: `. */
  readonly means?: { readonly [Code in keyof typeof ERRNO]?: string };
}

/** Sends a `BPF_LINK_CREATE` whose fields are set, all but the program. @throws AttachError, FeatureError, PrivilegeError */
export function createLink(attaching: Attaching, request: Request<"link_create">, attempt: Attempt): LinuxLink {
  const result = request.u32("prog_fd", attaching.descriptor.fd).send();
  if (result < 0) throw attachFailure(attaching, attempt, request.error(result));
  return linkOf(attaching, attempt, result);
}

/** A link that is the descriptor which the kernel just returned. */
export function linkOf({ kernel, spec }: Attaching, { place, fixed = false }: Attempt, fd: number): LinuxLink {
  const descriptors = [kernel.ledger.adopt(fd, `link of ${spec.name} to ${place}`)];
  return new LinuxLink(kernel, { description: place, descriptors, fixed });
}

export function attachFailure({ kernel, spec }: Attaching, attempt: Attempt, cause: SystemError): Error {
  const what = `attaching ${spec.name} to ${attempt.place}`;
  const { feature, since, needs, means = {} } = attempt;
  const { facts } = kernel;
  const own = Object.entries(means).find(([code]) => ERRNO[code as keyof typeof ERRNO] === cause.errno)?.[1];
  if (own !== undefined) return new AttachError(`${what}: ${own}`, { cause });
  switch (cause.errno) {
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      return explainRefusal(facts, what, needs, cause);
    case ERRNO.EINVAL:
    case ERRNO.EOPNOTSUPP:
    case ERRNO.ENOTSUPP:
    case ERRNO.ENOSYS:
      if (!atLeast(facts.release, since))
        return new FeatureError(feature, since, `${what} needs Linux ${since}, this is ${facts.release}`, { cause });
      if (cause.errno === ERRNO.EINVAL) return new AttachError(`${what}: the kernel refuses it (EINVAL)`, { cause });
      return new FeatureError(
        feature,
        since,
        `${what}: this kernel (${facts.release}) has no ${feature} (${cause.code}): it may be built without it`,
        { cause },
      );
    case ERRNO.EBUSY:
      return new AttachError(`${what}: another program is attached there, and it takes one only`, { cause });
    case ERRNO.EEXIST:
      return new AttachError(`${what}: it is attached there already`, { cause });
    case ERRNO.ESTALE:
      return new AttachError(`${what}: the programs there are no longer those of that revision; look again`, { cause });
    default:
      return new AttachError(`${what}: ${cause.message}`, { cause });
  }
}

/** An error number of another system call than `bpf(2)`. */
export const systemError = (call: string, result: number): SystemError => new SystemError(call, -result);

/** Refuses options that this kind does not know, by name. */
export function checkOptions({ spec, options }: Attaching, what: string, known: readonly (keyof AttachOptions)[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name as keyof AttachOptions)) continue;
    const list = known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`;
    throw new AttachError(`program ${spec.name}: ${what} is not attached by ${name}; ${list}`);
  }
}

/** `BPF_F_BEFORE`, `BPF_F_AFTER` and `BPF_F_LINK` of linux/bpf.h: places among several programs (tcx: 6.6, cgroups: 6.17). */
const FLAG = { before: 1 << 3, after: 1 << 4, link: 1 << 13 } as const;

interface PlaceAmong {
  readonly flags: number;
  /** Descriptor of the link that it is relative to. */
  readonly relative: number;
  /** Only if the hook's programs were exchanged that often: 0 says nothing. */
  readonly revision: bigint;
}

/** Where among the programs of a hook. */
export function placeAmong({ spec, options }: Attaching): PlaceAmong {
  const { position = "last", revision = 0 } = options;
  if (BigInt(revision) < 0n)
    throw new AttachError(`program ${spec.name}: revision: expected a number from 1 on, found ${revision}`);
  const common = { flags: 0, relative: 0, revision: BigInt(revision) };
  if (position === "last") return common;
  if (position === "first") return { ...common, flags: FLAG.before };
  const before = "before" in position;
  const other = before ? position.before : position.after;
  return { ...common, flags: FLAG.link | (before ? FLAG.before : FLAG.after), relative: descriptorOf(spec.name, other) };
}

function descriptorOf(program: string, link: LinkHandle): number {
  if (link instanceof LinuxLink && link.attached && link.fd >= 0) return link.fd;
  throw new AttachError(`program ${program}: position: expected a link of the Linux engine that is attached`);
}

/** The event: that of the options, else the section's. @throws AttachError when neither says one. */
export function eventOf({ spec, options }: Attaching, what: string, example: string): string {
  const event = options.event ?? spec.target;
  if (event !== undefined && event !== "") return event;
  throw new AttachError(`program ${spec.name}: ${what} is attached to an event; name one (event: ${JSON.stringify(example)})`);
}

/** A cookie as the kernel takes it. @throws AttachError */
export function cookieOf({ spec, options }: Attaching): bigint {
  const { cookie = 0 } = options;
  const valid = typeof cookie === "bigint" || Number.isSafeInteger(cookie);
  const value = valid ? BigInt(cookie) : -1n;
  if (value >= 0n && value < 1n << 64n) return value;
  throw new AttachError(`program ${spec.name}: cookie: expected a whole number from 0 to 2^64 - 1, found ${cookie}`);
}

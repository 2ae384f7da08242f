/**
 * What the kernel keeps, by number: programs, maps, types and links have one each, counted up from 1, and used again only after 2^31 others.
 * An object goes when the last who holds it lets go, also while somebody lists: what is gone when it is asked for never was in the list.
 *
 * `BPF_*_GET_NEXT_ID` and `BPF_*_GET_FD_BY_ID`: programs and maps since 4.13, types 4.18 and 5.4, links 5.8.
 */

import { FeatureError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { sendThrough } from "../patience.ts";
import { explainRefusal } from "../privileges.ts";
import { atLeast } from "../release.ts";
import { Request } from "../request.ts";
import { ERRNO, type SystemError } from "../sys/system-error.ts";

export type ObjectKind = "program" | "map" | "btf" | "link";

interface KindFacts {
  readonly next: "prog_get_next_id" | "map_get_next_id" | "btf_get_next_id" | "link_get_next_id";
  readonly since: string;
  readonly feature: string;
  /** For messages. */
  readonly plural: string;
}

export const OBJECT_KINDS: Readonly<Record<ObjectKind, KindFacts>> = {
  program: { next: "prog_get_next_id", since: "4.13", feature: "BPF_PROG_GET_NEXT_ID", plural: "programs" },
  map: { next: "map_get_next_id", since: "4.13", feature: "BPF_MAP_GET_NEXT_ID", plural: "maps" },
  btf: { next: "btf_get_next_id", since: "5.4", feature: "BPF_BTF_GET_NEXT_ID", plural: "BTF objects" },
  link: { next: "link_get_next_id", since: "5.8", feature: "BPF_LINK_GET_NEXT_ID", plural: "links" },
};

/** `BPF_F_RDONLY`: what inspects a map does not write it. */
const BPF_F_RDONLY = 1 << 3;

/**
 * Numbers of all objects of a kind, in ascending order.
 * @throws PrivilegeError without CAP_SYS_ADMIN; FeatureError where the kernel is too old.
 */
export function* objectIds(kernel: Kernel, kind: ObjectKind): Generator<number, undefined, undefined> {
  const { next, plural } = OBJECT_KINDS[kind];
  const request = new Request(kernel.transport, next);
  for (let id = 0; ; ) {
    const result = request.u32("start_id", id).send();
    if (result === -ERRNO.ENOENT) return;
    if (result < 0) throw inspectError(kernel, kind, `listing ${plural}`, request.error(result));
    const following = request.read("next_id");
    // They only go up: else this would have no end.
    if (following <= id) return;
    id = following;
    yield id;
  }
}

/**
 * A descriptor of one, which keeps it alive; null when there is none of that number. Maps can be read through theirs, not written.
 * @throws PrivilegeError without CAP_SYS_ADMIN.
 */
export function openObject(kernel: Kernel, kind: ObjectKind, id: number): Descriptor | null {
  const request = openRequest(kernel, kind, id);
  const fd = sendThrough(() => request.send());
  // EAGAIN: a link that is being made just now, and may yet come to nothing.
  if (fd === -ERRNO.ENOENT || fd === -ERRNO.EAGAIN) return null;
  if (fd < 0) throw inspectError(kernel, kind, `opening ${kind} ${id}`, request.error(fd));
  return kernel.ledger.adopt(fd, `${kind} ${id}`);
}

function openRequest({ transport }: Kernel, kind: ObjectKind, id: number) {
  switch (kind) {
    case "program":
      return new Request(transport, "prog_get_fd_by_id").u32("prog_id", id);
    case "map":
      return new Request(transport, "map_get_fd_by_id").u32("map_id", id).u32("open_flags", BPF_F_RDONLY);
    case "btf":
      return new Request(transport, "btf_get_fd_by_id").u32("btf_id", id);
    case "link":
      return new Request(transport, "link_get_fd_by_id").u32("link_id", id);
  }
}

/** What `read` makes of every object of a kind; null of what it cannot read. Each is open only while it is read. */
export function* eachObject<Item>(
  kernel: Kernel,
  kind: ObjectKind,
  read: (descriptor: Descriptor, id: number) => Item | null,
): Generator<Item, undefined, undefined> {
  for (const id of objectIds(kernel, kind)) {
    using descriptor = openObject(kernel, kind, id);
    const item = descriptor === null ? null : read(descriptor, id);
    if (item !== null) yield item;
  }
}

/** Why the kernel does not tell. */
export function inspectError(kernel: Kernel, kind: ObjectKind, what: string, cause: SystemError): Error {
  const { since, feature } = OBJECT_KINDS[kind];
  if (cause.errno === ERRNO.EPERM || cause.errno === ERRNO.EACCES)
    return explainRefusal(kernel.facts, what, ["CAP_SYS_ADMIN"], cause);
  if (cause.errno === ERRNO.EINVAL && !atLeast(kernel.facts.release, since))
    return new FeatureError(feature, since, `${what} needs Linux ${since}, this is ${kernel.facts.release}`, { cause });
  return cause;
}

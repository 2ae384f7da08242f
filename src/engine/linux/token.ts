/**
 * BPF tokens (since 6.9): what lets a process in a user namespace use BPF. Who set the container up mounted a bpf file system for it that says
 * what may be done through it (`delegate_cmds`, `delegate_maps`, `delegate_progs`, `delegate_attachs`); a token is made of that and goes with
 * every map, program and BTF object.
 */

import { FeatureError, PinError, PrivilegeError } from "../errors.ts";
import type { Descriptor } from "./descriptors.ts";
import type { Kernel } from "./kernel.ts";
import { fileSystemAt, PIN_FOLDER } from "./pins.ts";
import { inUserNamespace } from "./privileges.ts";
import { atLeast } from "./release.ts";
import { Request } from "./request.ts";
import { ERRNO, SystemError } from "./sys/system-error.ts";

const SINCE = "6.9";

/**
 * The token of a bpf file system; null when `path` is undefined, so that nobody insists, and there is none to be had at the usual place.
 * @throws FeatureError, PinError, PrivilegeError when somebody insists
 */
export function openToken(kernel: Kernel, path: string | undefined): Descriptor | null {
  const { transport, facts, ledger } = kernel;
  const place = path ?? PIN_FOLDER;
  const what = `making a BPF token at ${place}`;
  const folder = transport.open(place);
  if (folder < 0) {
    if (path === undefined) return null;
    const cause = new SystemError("open", -folder);
    throw new PinError(place, cause.errno === ERRNO.ENOENT ? "not-found" : "other", `${what}: ${cause.message}`, { cause });
  }
  const request = new Request(transport, "token_create").u32("bpffs_fd", folder);
  const fd = request.send();
  transport.close(folder);
  if (fd >= 0) return ledger.adopt(fd, `token of ${place}`);
  if (path === undefined) return null;
  const cause = request.error(fd);
  switch (cause.errno) {
    case ERRNO.ENOENT:
      throw new PrivilegeError(`${what}: that file system allows nothing: mount it with delegate_cmds=…,delegate_progs=…`, {
        cause,
        reason: "unknown",
      });
    case ERRNO.EOPNOTSUPP:
      throw new FeatureError(
        "BPF_TOKEN_CREATE",
        SINCE,
        `${what}: outside of user namespaces there are no tokens, and none are needed`,
        {
          cause,
        },
      );
    case ERRNO.EPERM:
      throw new PrivilegeError(
        inUserNamespace(facts)
          ? `${what}: the file system is another user namespace's, or this process lacks CAP_BPF in its own`
          : `${what}: this process is in no user namespace: it needs no token`,
        { cause, reason: "user namespace" },
      );
    default:
      if (!atLeast(facts.release, SINCE))
        throw new FeatureError("BPF_TOKEN_CREATE", SINCE, `${what} needs Linux ${SINCE}, this is ${facts.release}`, { cause });
      if (fileSystemAt(facts, place) !== "bpf")
        throw new PinError(place, "file-system", `${what}: there is no bpf file system at ${place}`, { cause });
      throw cause;
  }
}

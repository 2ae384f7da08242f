/**
 * Names for what the kernel has: a program, a map, a link or a token that is pinned lives until the name is removed, whatever becomes of the
 * process. Names are in a file system of their own, `bpf`, most often mounted at /sys/fs/bpf.
 *
 * `BPF_OBJ_PIN` and `BPF_OBJ_GET` (4.4; links: 5.7); relative to the descriptor of a folder since 6.5, which reaches a file system that is mounted nowhere.
 */

import { PinError } from "../errors.ts";
import type { Descriptor } from "./descriptors.ts";
import type { Facts } from "./facts.ts";
import type { Kernel } from "./kernel.ts";
import { explainRefusal } from "./privileges.ts";
import { atLeast } from "./release.ts";
import { Request } from "./request.ts";
import { ERRNO, SystemError } from "./sys/system-error.ts";

/** Where a bpf file system is, on nearly every machine that has one. */
export const PIN_FOLDER = "/sys/fs/bpf";

/** Of `bpf_attr.file_flags` in linux/bpf.h. */
const BPF_F_RDONLY = 1 << 3;
const BPF_F_WRONLY = 1 << 4;
const BPF_F_PATH_FD = 1 << 14;

export interface PinOptions {
  /** For messages: `map drops`. */
  readonly what?: string;
  /** The path is relative to this folder, by its descriptor (since 6.5). */
  readonly folder?: number;
}

export type PinnedKind = "program" | "map" | "link";

export interface OpenOptions extends PinOptions {
  /** What is expected there; another kind is a PinError `kind`. */
  readonly kind?: PinnedKind;
  /** Of maps: what may be done through the new descriptor. Default: both. */
  readonly access?: "read" | "write";
}

/**
 * Gives a name to what a descriptor stands for. Folders that are missing on the way are made, for their owner alone.
 * @throws PinError, PrivilegeError, FeatureError
 */
export function pinObject(kernel: Kernel, fd: number, path: string, { what = "pinning", folder }: PinOptions = {}): void {
  checkName(path, what, folder);
  const request = pinRequest(kernel, "obj_pin", path, folder).u32("bpf_fd", fd);
  let result = request.send();
  if (result === -ERRNO.ENOENT && folder === undefined && makeFolders(kernel, path)) result = request.send();
  if (result < 0) throw failure(kernel, "pin", path, what, folder, request.error(result));
}

/**
 * A new descriptor of what is pinned there.
 * @throws PinError `not-found` when nothing is; PrivilegeError, FeatureError
 */
export function openPinned(kernel: Kernel, path: string, options: OpenOptions = {}): Descriptor {
  const { what = "opening", folder, access, kind } = options;
  checkName(path, what, folder);
  const request = pinRequest(kernel, "obj_get", path, folder, access);
  const fd = request.send();
  if (fd < 0) throw failure(kernel, "open", path, what, folder, request.error(fd));
  const descriptor = kernel.ledger.adopt(fd, `${kind ?? "object"} pinned at ${path}`);
  const found = kind === undefined ? undefined : kindOf(kernel.facts, fd);
  if (found === undefined || found === null || found === kind) return descriptor;
  descriptor.close();
  throw new PinError(path, "kind", `${what}: expected a ${kind} at ${path}, found a ${found}`);
}

/**
 * Removes a name; what it named lives on as long as somebody has it open or uses it.
 * @throws PinError `not-found` when there is none; PrivilegeError
 */
export function unpin(kernel: Kernel, path: string, { what = "unpinning" }: PinOptions = {}): void {
  // Anything may be removed from a folder: only what is a pin shall be.
  if (fileSystemAt(kernel.facts, path) !== "bpf") throw noFileSystem(kernel.facts, path, what);
  const result = kernel.transport.unlink(path);
  if (result >= 0) return;
  throw failure(kernel, "unpin", path, what, undefined, new SystemError("unlink", -result));
}

/** What a descriptor stands for, by what /proc says of it; null when it is none of these, or /proc does not say. */
export function kindOf(facts: Facts, fd: number): PinnedKind | null {
  const info = facts.read(`/proc/self/fdinfo/${fd}`) ?? "";
  if (/^link_type:/m.test(info)) return "link";
  if (/^map_type:/m.test(info)) return "map";
  return /^prog_type:/m.test(info) ? "program" : null;
}

function pinRequest(
  { transport }: Kernel,
  command: "obj_pin" | "obj_get",
  path: string,
  folder: number | undefined,
  access?: OpenOptions["access"],
): Request<"obj_pin" | "obj_get"> {
  const accessFlag = access === "read" ? BPF_F_RDONLY : access === "write" ? BPF_F_WRONLY : 0;
  const request = new Request<"obj_pin" | "obj_get">(transport, command)
    .pointer("pathname", new TextEncoder().encode(`${path}\0`))
    .u32("file_flags", accessFlag | (folder === undefined ? 0 : BPF_F_PATH_FD));
  if (folder !== undefined) request.s32("path_fd", folder);
  return request;
}

/** What the kernel would refuse with a bare EPERM or ENOENT, in plain words (`bpf_lookup` of kernel/bpf/inode.c). */
function checkName(path: string, what: string, folder: number | undefined): void {
  const refuse = (why: string): never => {
    throw new PinError(path, "name", `${what}: ${JSON.stringify(path)} is no name to pin by: ${why}`);
  };
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (path.includes("\0")) refuse("it contains a NUL");
  if (name === "") refuse(path === "" ? "it is empty" : "it ends with /");
  if (folder === undefined && !path.startsWith("/")) refuse(`expected a whole path, like ${PIN_FOLDER}/${name}`);
  if (name.includes(".")) refuse("the kernel keeps names with dots for itself; write _");
  if (new TextEncoder().encode(name).length > 255) refuse("it is longer than 255 bytes");
}

/** Makes the folders above a name that are missing; false when it could not, or they would be in another file system. */
function makeFolders({ facts, transport }: Kernel, path: string): boolean {
  if (fileSystemAt(facts, path) !== "bpf") return false;
  let made = false;
  for (let end = path.indexOf("/", 1); end > 0; end = path.indexOf("/", end + 1)) {
    made = transport.mkdir(path.slice(0, end)) >= 0 || made;
  }
  return made;
}

/**
 * The kind of the file system that a path is in, by the mount that is nearest above it; null when /proc does not say. Symbolic links are not
 * followed.
 */
export function fileSystemAt(facts: Facts, path: string): string | null {
  let longest = -1;
  let kind: string | null = null;
  // proc_pid_mounts(5): device, mount point, type, options. What is mounted later hides what was there before.
  for (const line of (facts.read("/proc/self/mounts") ?? "").split("\n")) {
    const [, escaped = "", type = ""] = line.split(" ");
    const point = escaped.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
    if (point === "" || point.length < longest) continue;
    if (path !== point && !path.startsWith(point.endsWith("/") ? point : `${point}/`)) continue;
    longest = point.length;
    kind = type;
  }
  return kind;
}

function noFileSystem(facts: Facts, path: string, what: string, options?: ErrorOptions): PinError {
  const mounts = facts.read("/proc/self/mounts") ?? "";
  const other = /^\S+ (\S+) bpf /m.exec(mounts)?.[1];
  const hint =
    other === undefined
      ? `none is mounted here (mount -t bpf bpf ${PIN_FOLDER})`
      : `one is mounted at ${other.replaceAll("\\040", " ")}`;
  return new PinError(path, "file-system", `${what}: ${path} is not in a bpf file system: ${hint}`, options);
}

function failure(
  { facts }: Kernel,
  doing: "pin" | "open" | "unpin",
  path: string,
  what: string,
  folder: number | undefined,
  cause: SystemError,
): Error {
  const error = (code: PinError["code"], why: string) => new PinError(path, code, `${what}: ${path}: ${why}`, { cause });
  const elsewhere = folder === undefined && fileSystemAt(facts, path) !== "bpf";
  switch (cause.errno) {
    case ERRNO.EEXIST:
      return error("exists", "there is something of that name; remove it, or take another name");
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      return elsewhere
        ? noFileSystem(facts, path, what, { cause })
        : explainRefusal(facts, `${what} (${path})`, ["CAP_BPF"], cause);
    case ERRNO.ENOENT:
      if (elsewhere) return noFileSystem(facts, path, what, { cause });
      return error("not-found", doing === "pin" ? "there is no such folder" : "nothing of that name is pinned");
    case ERRNO.EINVAL:
      if (folder !== undefined && !atLeast(facts.release, "6.5"))
        return new PinError(path, "file-system", `${what}: paths relative to a folder need Linux 6.5, this is ${facts.release}`, {
          cause,
        });
      return error("other", doing === "pin" ? "the kernel pins no object of this kind (EINVAL)" : cause.message);
    default:
      return error("other", cause.message);
  }
}

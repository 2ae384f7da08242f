/** From what people say (a number, a name, a path of a pin, an object in hand) to what the kernel has. */

import { nearest } from "../../../nearest.ts";
import type { LinkHandle } from "../../attach-options.ts";
import { NotFoundError } from "../../errors.ts";
import type { MapHandle, ProgramHandle } from "../../maps.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import { eachObject, OBJECT_KINDS, type ObjectKind, openObject } from "../objects/by-id.ts";
import { openPinned } from "../pins.ts";

/**
 * A number, as bpftool shows it; a name; the path of a pin, from `/` on; a program, map or link of the Linux engine; or a descriptor. What this
 * process has itself, and pins that it may open, need no CAP_SYS_ADMIN.
 */
export type ObjectReference = number | string | ProgramHandle | MapHandle | LinkHandle | { readonly fd: number };

/** Names that are listed when none of them was meant. */
const SOME_NAMES = 8;

interface Found {
  readonly id: number;
  readonly name?: string;
}

/** What an open object is. */
export type Read<Info> = (descriptor: { readonly fd: number }) => Info;

/**
 * All that a reference means: several objects may have one name.
 * @throws NotFoundError when there is none, PrivilegeError, PinError
 */
export function findObjects<Info extends Found>(
  kernel: Kernel,
  kind: ObjectKind,
  reference: ObjectReference,
  read: Read<Info>,
): Info[] {
  if (isName(reference)) return named(kernel, kind, reference, read);
  return [useObject(kernel, kind, reference, read, read)];
}

/**
 * What `use` makes of the one that a reference means, which is open meanwhile.
 * @throws NotFoundError when there is none, or several; PrivilegeError, PinError
 */
export function useObject<Info extends Found, Result>(
  kernel: Kernel,
  kind: ObjectKind,
  reference: ObjectReference,
  read: Read<Info>,
  use: Read<Result>,
): Result {
  if (typeof reference === "object") return use({ fd: descriptorOf(kind, reference) });
  using descriptor =
    typeof reference === "number"
      ? openNumbered(kernel, kind, reference)
      : isName(reference)
        ? openNumbered(kernel, kind, theOnly(kind, reference, named(kernel, kind, reference, read)))
        : openNamed(kernel, kind, reference);
  return use(descriptor);
}

function descriptorOf(kind: ObjectKind, handle: Exclude<ObjectReference, number | string>): number {
  if ("fd" in handle && typeof handle.fd === "number" && handle.fd >= 0) return handle.fd;
  const name = "name" in handle ? handle.name : "description" in handle ? handle.description : "";
  throw new NotFoundError(kind, name, `${name}: it is no ${noun(kind)} of the Linux engine, or was closed`);
}

const isName = (reference: ObjectReference): reference is string => typeof reference === "string" && !reference.startsWith("/");

function theOnly(kind: ObjectKind, name: string, found: readonly Found[]): number {
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first.id;
  const ids = found.map(({ id }) => id);
  const { plural } = OBJECT_KINDS[kind];
  throw new NotFoundError(
    kind,
    name,
    `${ids.length} ${plural} have the name ${name}: ${ids.join(", ")}; say which by its number`,
  );
}

function openNamed(kernel: Kernel, kind: ObjectKind, path: string): Descriptor {
  if (kind === "btf") throw new NotFoundError(kind, path, `${path}: types are not pinned; name them by their number`);
  const access = kind === "map" ? ({ access: "read" } as const) : {};
  return openPinned(kernel, path, { kind, what: `opening a ${kind}`, ...access });
}

function openNumbered(kernel: Kernel, kind: ObjectKind, id: number): Descriptor {
  const { plural } = OBJECT_KINDS[kind];
  const known = Number.isInteger(id) && id > 0 && id < 2 ** 32;
  const descriptor = known ? openObject(kernel, kind, id) : null;
  if (descriptor === null)
    throw new NotFoundError(
      kind,
      id,
      `there is no ${noun(kind)} ${id}; skep list ${plural.split(" ")[0]?.toLowerCase()} shows what there is`,
    );
  return descriptor;
}

function named<Info extends Found>(kernel: Kernel, kind: ObjectKind, name: string, read: Read<Info>): Info[] {
  const found: Info[] = [];
  const names = new Set<string>();
  for (const info of eachObject(kernel, kind, read)) {
    if (info.name === undefined || info.name === "") continue;
    if (info.name === name || isCut(info.name, name)) found.push(info);
    names.add(info.name);
  }
  if (found.length > 0) return found;
  const near = nearest(name, names);
  throw new NotFoundError(
    kind,
    name,
    `there is no ${noun(kind)} ${name}: ${near === null ? listed(kind, [...names]) : `did you mean ${near}?`}`,
  );
}

/** The kernel keeps 15 bytes of a name, which is how it is known elsewhere. */
function isCut(whole: string, name: string): boolean {
  return (name.length === 15 && whole.startsWith(name)) || (whole.length === 15 && name.startsWith(whole));
}

function listed(kind: ObjectKind, names: readonly string[]): string {
  if (names.length === 0) return kind === "link" ? "links have numbers, no names" : "none has a name";
  const more = names.length > SOME_NAMES ? ` and ${names.length - SOME_NAMES} more` : "";
  return `there ${names.length === 1 ? "is only" : "are"} ${names.slice(0, SOME_NAMES).join(", ")}${more}`;
}

const noun = (kind: ObjectKind): string => (kind === "btf" ? "BTF object" : kind);

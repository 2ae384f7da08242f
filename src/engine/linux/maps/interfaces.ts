/**
 * Interfaces of the kernel as who loads them wants them: made or left out, with other members than the source says (libbpf: `autocreate` and the
 * shadow types of skeletons). Read when somebody asks for it.
 */

import { type Btf, openBtf } from "../../../btf/btf.ts";
import { makeCodec } from "../../../btf/codec.ts";
import type { Member } from "../../../btf/types.ts";
import { nearest } from "../../../nearest.ts";
import type { MapSpec, Spec, StructOpsSpec } from "../../../object/spec.ts";
import type { LoadOptions } from "../../engine.ts";
import { MapError } from "../../errors.ts";

type Wanted = NonNullable<LoadOptions["structOps"]>;

/** @throws MapError `not-found` for maps, members and programs that the Spec does not have; ValueError for a value that does not fit. */
export function withInterfaces(spec: Spec, wanted: Wanted): Spec {
  const names = spec.maps.filter(({ structOps }) => structOps !== undefined).map(({ name }) => name);
  for (const name of Object.keys(wanted))
    if (!names.includes(name)) throw absent(name, `${spec.name} has no interface ${name}`, names);
  const types = spec.types === null ? null : openBtf(spec.types);
  const change = (map: MapSpec): MapSpec => {
    const choice = wanted[map.name];
    if (choice === undefined || map.structOps === undefined) return map;
    const { autocreate: _, ...made } = map;
    if (typeof choice === "boolean") return choice ? made : { ...map, autocreate: false };
    if (types === null)
      throw new MapError(map.name, "invalid", `map ${map.name}: ${spec.name} says nothing of its members' types`);
    return withMembers(spec, types, made, map.structOps, choice);
  };
  const maps = spec.maps.map(change);
  const before = usedIn(spec.maps);
  const now = usedIn(maps);
  // What is in none any more, the kernel would refuse.
  const programs = spec.programs.map((program) =>
    before.has(program.name) && !now.has(program.name) ? { ...program, autoload: false } : program,
  );
  return { ...spec, maps, programs };
}

const usedIn = (maps: readonly MapSpec[]): ReadonlySet<string> =>
  new Set(maps.flatMap(({ structOps }) => structOps?.functions.map(({ program }) => program) ?? []));

function withMembers(
  spec: Spec,
  types: Btf,
  map: MapSpec,
  structOps: StructOpsSpec,
  values: Readonly<Record<string, unknown>>,
): MapSpec {
  const struct = types.type(structOps.type);
  const members = struct.kind === "struct" ? struct.members : [];
  const bytes = map.contents?.kind === "bytes" ? map.contents.bytes.slice() : new Uint8Array(map.valueSize);
  let functions = structOps.functions;
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const member = members.find((each) => each.name === name);
    if (member === undefined)
      throw absent(
        map.name,
        `struct ${structOps.typeName} has no member ${name}`,
        members.map((each) => each.name),
      );
    if (isFunction(types, member)) {
      functions = functions.filter((each) => each.member !== name);
      if (value !== null)
        functions = [...functions, { member: name, offset: member.bitOffset / 8, program: programOf(spec, map, name, value) }];
    } else if (member.bitSize > 0) {
      throw new MapError(map.name, "unsupported", `map ${map.name}: ${name} is a bit-field; set it in the source`);
    } else {
      makeCodec(types, member.type, { name: `${map.name}.${name}` }).encode(value, bytes, member.bitOffset / 8);
    }
  }
  const inOrder = [...functions].sort((a, b) => a.offset - b.offset);
  return { ...map, contents: { kind: "bytes", bytes }, structOps: { ...structOps, functions: inOrder } };
}

function isFunction(types: Btf, { type }: Member): boolean {
  const pointer = types.type(types.resolve(type));
  return pointer.kind === "pointer" && types.kind(types.resolve(pointer.type)) === "prototype";
}

function programOf(spec: Spec, { name }: MapSpec, member: string, value: unknown): string {
  const names = spec.programs.filter(({ type }) => type === "struct_ops").map((program) => program.name);
  if (typeof value === "string" && names.includes(value)) return value;
  if (typeof value !== "string")
    throw new MapError(name, "invalid", `map ${name}: ${member} is a function: expected the name of a program, or null`);
  throw absent(name, `${member}: ${spec.name} has no struct_ops program ${value}`, names);
}

function absent(map: string, what: string, known: readonly string[]): MapError {
  const near = nearest(what.split(" ").at(-1) ?? "", known);
  const hint = near === null ? `it has ${known.join(", ") || "none"}` : `did you mean ${near}?`;
  return new MapError(map, "not-found", `map ${map}: ${what}; ${hint}`);
}

/** A C header for user space: the types of a Spec's maps and variables, and how its sections of variables lie in memory. */

import { type Btf, openBtf } from "../../btf/btf.ts";
import { spellDeclaration } from "../../btf/c/declarator.ts";
import { printC } from "../../btf/c/print.ts";
import type { GlobalSpec, MapSpec, Spec } from "../spec.ts";
import { structsInArena } from "./arena.ts";

/** @throws BtfError when types are malformed, or cannot be in C */
export function cHeader(spec: Spec): string {
  const guard = `__${spec.name.replace(/\W/g, "_").toUpperCase()}_BPF_H__`;
  const btf = spec.types === null ? null : openBtf(spec.types);
  const body = btf === null ? "/* It has no types. */\n" : withTypes(spec, btf);
  return `/* What the maps and variables of ${spec.name} hold. Made by "skep compile --emit c-header". */
#ifndef ${guard}
#define ${guard}

${body}
#endif /* ${guard} */
`;
}

function withTypes(spec: Spec, btf: Btf): string {
  const maps = spec.maps.filter(({ name }) => !name.includes("."));
  const globals = (spec.globals ?? []).filter(
    ({ type, name }) => type !== 0 && !name.includes(".") && !name.startsWith("____fmt"),
  );
  const own = [...maps.flatMap(typesOf), ...globals.map(({ type }) => type)].filter((type) => type !== 0);
  const roots = [...own, ...structsInArena(spec, btf)];
  const sections = spec.maps
    .map((map) =>
      section(
        spec,
        map,
        globals.filter((global) => global.map === map.name),
        btf,
      ),
    )
    .filter((text) => text !== "");
  return [printC(btf, { types: roots, header: false }).trimStart(), ...sections].join("\n");
}

function typesOf({ keyType, valueType, inner }: MapSpec): number[] {
  return [keyType, valueType, ...(inner === undefined ? [] : typesOf(inner))];
}

/** Programs may not write it; user space does, before loading. */
function unqualified(btf: Btf, id: number): number {
  const type = btf.type(id);
  return type.kind === "const" || type.kind === "volatile" ? unqualified(btf, type.type) : id;
}

/** The value of a map of variables as a struct. Places between are named, so that every offset is right whatever types are aligned to. */
function section(spec: Spec, map: MapSpec, globals: readonly GlobalSpec[], btf: Btf): string {
  if (globals.length === 0) return "";
  const lines: string[] = [];
  let at = 0;
  for (const { name, type, offset, size } of globals) {
    if (offset < at) continue;
    if (offset > at) lines.push(`\tunsigned char _${at}[${offset - at}];\n`);
    lines.push(`\t${spellDeclaration(btf, unqualified(btf, type), name)};\n`);
    at = offset + size;
  }
  const name = `${spec.name}_${map.name.slice(map.name.lastIndexOf(".") + 1)}`.replace(/\W/g, "_");
  const packed = " __attribute__((packed))";
  return `/* The variables in the map ${map.name}. */\nstruct ${name} {\n${lines.join("")}}${packed};\n`;
}

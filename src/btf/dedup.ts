/**
 * One type for each meaning: what several objects, or several source files of one, say about the same C types is merged.
 *
 * Types are equal when they look alike and everything they refer to is equal, however pointers go round. That is
 * bisimilarity, and partition refinement (Hopcroft 1971; Paige and Tarjan 1987, in its simple form) finds it: sort types
 * into classes by what they say themselves, then split classes whose members refer to different classes, until none
 * splits. A class of one cannot split, so the rounds become short soon: a kernel's types settle in some dozens.
 */

import type { Btf } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import type { BtfType } from "./types.ts";

export interface Deduplicated {
  readonly bytes: Uint8Array;
  /** New id of each old one: what line and function information, maps and programs must be changed by. */
  readonly ids: Uint32Array;
}

/**
 * Merges equal types; each class keeps the place of its first. Variables and sections are left as they are: two variables
 * of one name are two. A forward declaration becomes the struct or union of that name and kind when there is one meaning
 * of it. With split BTF, types of the base are kept as they are, and own types equal to one of them become it.
 *
 * @throws BtfError when a type is malformed.
 */
export function dedup(btf: Btf): Deduplicated {
  const types = Array.from({ length: btf.count }, (_, id) => btf.type(id));
  let aliases = forwardTargets(types);
  for (;;) {
    const classes = classify(types, aliases);
    const certain = withoutAmbiguous(types, aliases, classes);
    if (certain.size === aliases.size) return rebuild(btf, types, aliases, classes);
    // What was taken for one struct is several: their forward declarations stand for none of them.
    aliases = certain;
  }
}

/** Forward declaration → the first whole type that it may mean. An enum without values is one, too. */
function forwardTargets(types: readonly BtfType[]): Map<number, number> {
  const whole = new Map<string, number>();
  for (const type of types) {
    const key = tagOf(type);
    if (key !== null && !isForward(type) && !whole.has(key)) whole.set(key, type.id);
  }
  const targets = new Map<number, number>();
  for (const type of types) {
    if (!isForward(type)) continue;
    const target = whole.get(tagOf(type)!);
    if (target !== undefined) targets.set(type.id, target);
  }
  return targets;
}

/** Only those aliases whose name means one class. */
function withoutAmbiguous(
  types: readonly BtfType[],
  aliases: ReadonlyMap<number, number>,
  classes: Uint32Array,
): Map<number, number> {
  const meanings = new Map<string, number>();
  const ambiguous = new Set<string>();
  for (const type of types) {
    const key = tagOf(type);
    if (key === null || isForward(type)) continue;
    const known = meanings.get(key);
    if (known === undefined) meanings.set(key, classes[type.id]!);
    else if (known !== classes[type.id]) ambiguous.add(key);
  }
  return new Map([...aliases].filter(([forward]) => !ambiguous.has(tagOf(types[forward]!)!)));
}

/** Kind and name of what a forward declaration can mean; null for other types. */
function tagOf(type: BtfType): string | null {
  if (type.name === "") return null;
  switch (type.kind) {
    case "struct":
    case "union":
      return `${type.kind} ${type.name}`;
    case "forward":
      return `${type.of} ${type.name}`;
    case "enum":
    case "enum64":
      return `enum ${type.name}`;
    default:
      return null;
  }
}

function isForward(type: BtfType): boolean {
  return type.kind === "forward" || (type.kind === "enum" && type.values.length === 0 && type.name !== "");
}

/** The class of each type, by id; equal exactly for equal types. */
function classify(types: readonly BtfType[], aliases: ReadonlyMap<number, number>): Uint32Array {
  let classes = new Uint32Array(types.length);
  const references = types.map((type) => referencesOf(type).map((id) => aliases.get(id) ?? id));
  const seen = new Map<string, number>();
  for (const type of types) {
    if (aliases.has(type.id)) continue;
    const key = shapeOf(type);
    const known = seen.get(key);
    if (known === undefined) seen.set(key, (classes[type.id] = seen.size));
    else classes[type.id] = known;
  }

  let count = seen.size;
  for (let active = types.filter(({ id }) => !aliases.has(id)).map(({ id }) => id); active.length > 0; ) {
    // All types of one class are looked at in one round, or none: a class is known by its members' references together.
    const groups = new Map<number, number[]>();
    for (const id of active) {
      const group = groups.get(classes[id]!);
      if (group === undefined) groups.set(classes[id]!, [id]);
      else group.push(id);
    }
    const next = classes.slice();
    const remaining: number[] = [];
    let split = false;
    for (const group of groups.values()) {
      if (group.length === 1) continue;
      const parts = new Map<string, number>();
      for (const id of group) {
        const key = references[id]!.map((reference) => classes[reference]!).join();
        let part = parts.get(key);
        if (part === undefined) {
          // The first part keeps the class; each other gets a new one.
          part = parts.size === 0 ? classes[id]! : ++count;
          parts.set(key, part);
        }
        next[id] = part;
        remaining.push(id);
      }
      if (parts.size > 1) split = true;
    }
    classes = next;
    active = split ? remaining : [];
  }
  for (const [forward, target] of aliases) classes[forward] = classes[target]!;
  return classes;
}

/** All that a type says itself, without what its references mean. */
function shapeOf(type: BtfType): string {
  switch (type.kind) {
    case "struct":
    case "union":
      return JSON.stringify([type.kind, type.name, type.size, type.members.map((m) => [m.name, m.bitOffset, m.bitSize])]);
    case "enum64":
      return JSON.stringify([type.kind, type.name, type.size, type.signed, type.values.map((v) => [v.name, String(v.value)])]);
    case "prototype":
      return JSON.stringify([type.kind, type.parameters.map((parameter) => parameter.name), type.variadic]);
    case "array":
      return JSON.stringify([type.kind, type.length]);
    case "variable":
    case "section":
      return JSON.stringify([type.kind, type.id]);
    case "pointer":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
      return `${type.kind} ${type.name}`;
    default:
      return JSON.stringify({ ...type, id: 0, type: 0 });
  }
}

/** In a fixed order, so that two types of one shape can be compared place by place. */
function referencesOf(type: BtfType): number[] {
  switch (type.kind) {
    case "struct":
    case "union":
      return type.members.map((member) => member.type);
    case "array":
      return [type.element, type.index];
    case "prototype":
      return [type.result, ...type.parameters.map((parameter) => parameter.type)];
    case "section":
      return [];
    default:
      return "type" in type ? [type.type] : [];
  }
}

function rebuild(btf: Btf, types: readonly BtfType[], aliases: ReadonlyMap<number, number>, classes: Uint32Array): Deduplicated {
  const builder = new BtfBuilder(btf.base === null ? { littleEndian: btf.littleEndian } : { base: btf.base });
  const ids = new Uint32Array(types.length);
  const idOfClass = new Map<number, number>();
  const kept: BtfType[] = [];
  for (const type of types) {
    if (aliases.has(type.id)) continue;
    const known = idOfClass.get(classes[type.id]!);
    if (type.id < btf.firstId) {
      // The base stays as it is, even if it has types twice.
      ids[type.id] = type.id;
      if (known === undefined) idOfClass.set(classes[type.id]!, type.id);
    } else if (known === undefined) {
      ids[type.id] = btf.firstId + kept.length;
      idOfClass.set(classes[type.id]!, ids[type.id]!);
      kept.push(type);
    } else {
      ids[type.id] = known;
    }
  }
  for (const [forward, target] of aliases) ids[forward] = forward < btf.firstId ? forward : ids[target]!;
  for (const type of kept) builder.add(type, (id) => ids[id]!);
  return { bytes: builder.encode(), ids };
}
